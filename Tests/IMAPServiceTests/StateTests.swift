import Testing
import Transport

@testable import MailServer

@Suite(.timeLimit(.minutes(20))) struct StateTests {
    private static let authenticated = [
        "SELECT INBOX", "LIST \"\" *", "STATUS INBOX (MESSAGES)", "CREATE x", "IDLE", "NAMESPACE",
        "ENABLE CONDSTORE", "NOTIFY NONE", "COMPRESS DEFLATE", "UNAUTHENTICATE",
    ]
    private static let selected = [
        "CHECK", "CLOSE", "UNSELECT", "EXPUNGE", "UID EXPUNGE 1", "FETCH 1 FLAGS", "UID FETCH 1 FLAGS",
        "SEARCH ALL", "STORE 1 FLAGS ()", "COPY 1 x", "MOVE 1 x", "SORT (DATE) UTF-8 ALL",
        "THREAD REFS UTF-8 ALL",
    ]

    @Test func commandsHaveTheirState() async throws {
        try await withServer({ $0.maximumBadCommands = 1000 }) { server in
            try await server.talk { client in
                for command in Self.authenticated + Self.selected {
                    try await client.expect(command, "BAD")
                }
                try await client.ok("NOOP")
                try await client.ok("LOGIN alice secret")
                for command in Self.selected { try await client.expect(command, "BAD") }
                try await client.expect("STARTTLS", "BAD")
                try await client.expect("NOSUCHCOMMAND", "BAD")
                try await client.expect("FETCH", "BAD")
                try await client.ok("NOOP")
            }
        }
    }

    /// RFC 9051 section 9, seq-number.
    @Test func anEmptyMailboxHasNoLastMessage() async throws {
        try await withServer { server in
            try await server.session { client in
                try await client.ok("SELECT INBOX")
                for set in ["*", "1:*", "1"] {
                    try await client.expect("FETCH \(set) FLAGS", "BAD")
                    try await client.expect("STORE \(set) FLAGS ()", "BAD")
                    try await client.ok("UID FETCH \(set) FLAGS")
                }
                try await client.ok("SEARCH RETURN (SAVE) ALL")
                try await client.ok("FETCH $ FLAGS")
            }
        }
    }

    /// Only messages are [TOOBIG] (RFC 7889 section 5).
    @Test func tooLongCommandsAreBad() async throws {
        try await withServer { server in
            try await server.session { client in
                try await client.ok("SELECT INBOX")
                let long = String(repeating: "x", count: 2_000_000)
                try await client.expect("SEARCH SUBJECT \(long)", "BAD command too long")
                try await client.expect("SEARCH SUBJECT {70000}", "BAD literal too large")
                try await client.expect("SEARCH SUBJECT {70000+}\r\n\(long.prefix(70_000))", "BAD literal too large")
                try await client.expect("APPEND \(long) {1}", "BAD command too long")
                try await client.expect(
                    "FETCH \(Array(repeating: "1", count: 20_001).joined(separator: ",")) FLAGS", "BAD set of too many ranges")
                try await client.send("\(long) NOOP\r\n")
                #expect(try await client.line() == "* BAD command too long")
                try await client.expect("APPEND INBOX {4000000000}", "NO [TOOBIG]")
                try await client.ok("NOOP")
            }
        }
    }

    @Test func tooManyBadCommandsEndTheSession() async throws {
        try await withServer({ $0.maximumBadCommands = 3 }) { server in
            try await server.talk { client in
                try await client.expect("A", "BAD")
                try await client.expect("B", "BAD")
                try await client.ok("NOOP")
                try await client.expect("C", "BAD")
                try await client.expect("D", "BAD")
                try await client.send("x E\r\n")
                let bad = try await client.line()
                let bye = try await client.line()
                #expect(bad?.hasPrefix("x BAD") == true && bye?.hasPrefix("* BYE") == true)
                #expect(try await client.line() == nil)
            }
        }
    }

    /// Owners learn of typos; nobody learns a directory's logins that way. Other commands between,
    /// successful ones too, change nothing.
    @Test func namesOfNobodyEndTheSession() async throws {
        try await withServer({ $0.maximumBadCommands = 4 }) { server in
            try await server.session { client in
                try await client.expect("SETACL INBOX nobody lr", "NO No such user or group")
                try await client.ok("SETACL INBOX bob lr")
                try await client.expect("LISTRIGHTS INBOX nobody", "NO No such user or group")
                try await client.ok("NOOP")
                try await client.expect("DELETEACL INBOX group:none", "NO No such user or group")
                try await client.expect("SETACL INBOX down lr", "NO [UNAVAILABLE]")
                let last = try await client.expect("SETACL INBOX -noone l", "NO No such user or group")
                #expect(last.untagged == ["BYE Too many unknown users and groups"])
                #expect(try await client.line() == nil)
            }
        }
    }

    @Test func logsOut() async throws {
        try await withServer { server in
            try await server.session { client in
                try await client.ok("SELECT INBOX")
                let reply = try await client.ok("LOGOUT")
                #expect(reply.untagged.count == 1 && reply.untagged[0].hasPrefix("BYE"))
                #expect(try await client.line() == nil)
            }
        }
    }

    @Test func executesPipelinedCommandsInOrder() async throws {
        try await withServer { server in
            try await server.talk { client in
                try await client.send(
                    "a LOGIN alice secret\r\nb SELECT INBOX\r\nc NOOP\r\nd IDLE\r\nDONE\r\ne LOGOUT\r\nf NOOP\r\n")
                var tags: [String] = []
                while let line = try await client.line() { tags.append(String(line.prefix(4))) }
                #expect(tags.filter { !$0.hasPrefix("*") } == ["a OK", "b OK", "c OK", "+ id", "d OK", "e OK"])
            }
        }
    }

    @Test func aShutdownSaysBye() async throws {
        let server = try await TestServer()
        try await server.session { client in
            try await client.ok("SELECT INBOX")
            let tag = try await client.begin("IDLE")
            #expect(try await client.line() == "+ idling", "\(tag)")
            async let stopped: Void = server.listener.shutDown(grace: .seconds(5))
            #expect(try await client.line()?.hasPrefix("* BYE [UNAVAILABLE]") == true)
            await stopped
        }
        try await server.stop()
    }

    @Test func timesOut() async throws {
        try await withServer({
            $0.loginTimeout = .milliseconds(10)
            $0.keepAlive = .milliseconds(10)
            $0.idleTimeout = .milliseconds(10)
        }) { server in
            try await server.talk { client in
                let bye = try await client.line()
                let end = try await client.line()
                #expect(bye?.hasPrefix("* BYE") == true && end == nil)
            }
        }
        try await withServer({ $0.keepAlive = .milliseconds(10) }) { server in
            try await server.session { client in
                let tag = try await client.begin("IDLE")
                #expect(try await client.line() == "+ idling")
                #expect(try await client.line() == "* OK Still here")
                #expect(try await client.line() == "* OK Still here")
                try await client.send("done\r\n")
                #expect(try await client.reply(tag).tagged.hasPrefix("OK"))
            }
        }
    }

    /// A message that another session expunges while FETCH is under way is not there, and that is no
    /// failure (RFC 2180 section 4.1, RFC 5530).
    @Test func whatGoesDuringFetchIsPassedOver() async throws {
        try await withServer { server in
            try await server.session { client in
                // More than the connection's buffers take.
                let large = String(repeating: String(repeating: "x", count: 998) + "\r\n", count: 16_000)
                try await client.append("INBOX", "Subject: large\r\n\r\n" + large)
                try await client.append()
                try await client.append("INBOX", "Subject: last\r\n\r\n")
                try await client.ok("SELECT INBOX")
                for (command, reply) in [
                    ("FETCH 1:* BODY.PEEK[]", "OK [EXPUNGEISSUED]"), ("UID FETCH 1,3:* BODY.PEEK[]", "OK FETCH"),
                ] {
                    let tag = try await client.begin(command)
                    try await server.session { other in
                        try await other.ok("SELECT INBOX")
                        let uid = command.hasPrefix("UID") ? 3 : 2
                        try await other.ok("UID STORE \(uid) +FLAGS (\\Deleted)")
                        try await other.ok("EXPUNGE")
                    }
                    let answer = try await client.reply(tag)
                    #expect(answer.tagged.hasPrefix(reply), "\(answer.tagged)")
                    #expect(answer.all("FETCH").count == (command.hasPrefix("UID") ? 1 : 2))
                }
            }
        }
    }
}
