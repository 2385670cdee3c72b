import Testing

@testable import MailServer

/// What rights on another user's mailbox mean for what comes into it (RFC 4314 section 4).
@Suite(.timeLimit(.minutes(20))) struct SharedMailboxTests {
    private static let all = "(\\Seen \\Answered \\Flagged \\Deleted \\Draft $Forwarded)"
    private static let target = "\"Other Users/bob/Team\""
    private static let message = "{14+}\r\nSubject: x\r\n\r\n"

    /// Without the right to a flag, the flag is left out and the command succeeds.
    @Test(arguments: [
        ("lri", ""), ("lris", "\\Seen"), ("lrit", "\\Deleted"),
        ("lriw", "\\Answered \\Flagged \\Draft $Forwarded"),
        ("lriswt", "\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded"),
    ]) func flagsNeedTheirRights(_ rights: String, _ kept: String) async throws {
        let commands = [
            "COPY 1 \(Self.target)", "UID COPY 1 \(Self.target)", "MOVE 2 \(Self.target)",
            "UID MOVE 3 \(Self.target)", "APPEND \(Self.target) \(Self.all) \(Self.message)",
            "APPEND \(Self.target) () \(Self.message) \(Self.all) \(Self.message)",
            "APPEND \(Self.target) \(Self.all) CATENATE (URL \"/INBOX/;UID=1\" TEXT {1+}\r\nx)",
            "REPLACE 2 \(Self.target) \(Self.all) \(Self.message)",
            "UID REPLACE 5 \(Self.target) \(Self.all) \(Self.message)",
        ]
        try await withServer { server in
            try await server.session("bob") { bob in
                try await bob.ok("CREATE Team")
                try await bob.ok("SETACL Team alice \(rights)")
                try await server.session { alice in
                    for _ in 1...5 { try await alice.append(flags: Self.all) }
                    try await alice.ok("SELECT INBOX")
                    for command in commands { try await alice.ok(command) }
                    // The source is as it was.
                    let source = try await alice.ok("FETCH 1:* (FLAGS)").all("FETCH")
                    #expect(source.count == 1 && Self.flags(source[0]) == Self.flags(Self.all))
                }
                try await bob.ok("SELECT Team")
                let copies = try await bob.ok("FETCH 1:* (FLAGS)").all("FETCH").map(Self.flags)
                var expected = Array(repeating: Self.flags("(\(kept))"), count: 10)
                // The first one of two was appended without any.
                expected[5] = []
                #expect(copies == expected)
                let deleted = kept.contains("\\Deleted") ? 9 : 0
                let unseen = kept.contains("\\Seen") ? 1 : 10
                #expect(
                    try await bob.ok("STATUS Team (UNSEEN DELETED)").untagged
                        == ["STATUS Team (UNSEEN \(unseen) DELETED \(deleted))"])
            }
        }
    }

    private static func flags(_ text: String) -> Set<Substring> {
        let list = text[text.lastIndex(of: "(")!...].dropFirst().prefix { $0 != ")" }
        return Set(list.split(separator: " "))
    }
}
