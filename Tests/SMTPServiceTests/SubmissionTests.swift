import MailModel
import SMTP
import Storage
import Testing
import Transport

@testable import MailServer

@Suite(.timeLimit(.minutes(20))) struct SubmissionTests {
    private static let login = """
        < 220
        > EHLO c
        < 250 HELP
        > AUTH PLAIN AGFsaWNlAHNlY3JldA==
        < 235 2.7.0

        """

    private func submit(_ header: String, _ reply: String, from: String = "alice@example.org")
        async throws -> String?
    {
        var text: String?
        try await withService(.submission, { $0.allowsLoginWithoutTLS = true }) { service in
            try await converse(
                service.listener.port, Self.login + """
                    > MAIL FROM:<\(from)>
                    > RCPT TO:<someone@elsewhere.example>
                    > DATA
                    < 250
                    < 250
                    < 354
                    \(header.split(separator: "\n", omittingEmptySubsequences: false).map { "> \($0)" }.joined(separator: "\n"))
                    > 
                    > body
                    > .
                    < \(reply)
                    > QUIT
                    < 221
                    #
                    """)
            text = try await service.queue(reply.hasPrefix("250") ? 1 : 0).first?.text
        }
        return text
    }

    @Test func completesTheHeader() async throws {
        let text = try #require(
            await submit("From: Alice <al@example.org>\nTo: x@y\nBcc: secret@y\nSubject: s", "250 2.0.0"))
        #expect(text.contains(" with ESMTPA id "))
        #expect(text.contains("\r\nDate: "))
        #expect(text.contains("\r\nMessage-ID: <"))
        #expect(!text.contains("Bcc") && !text.contains("secret"))
        #expect(text.hasSuffix("\r\n\r\nbody\r\n"))
    }

    @Test func addsAMissingFrom() async throws {
        let text = try #require(await submit("Subject: s", "250 2.0.0"))
        #expect(text.contains("\r\nFrom: <alice@example.org>\r\n"))
    }

    @Test(arguments: [
        ("From: boss@example.org", "550 5.7.1"), ("From: alice@example.org, boss@example.org", "550 5.7.1"),
        ("From: alice@example.org, al@example.org", "250 2.0.0"),
        ("From: al@example.org, boss@example.org\nSender: alice@example.org", "250 2.0.0"),
        ("From: boss@example.org\nSender: alice@example.org", "550 5.7.1"),
        ("From: alice@example.org\nFrom: alice@example.org", "550 5.7.1"),
        ("From: alice", "550 5.7.1"), ("From: <<", "550 5.7.1"), ("From: silent@example.org", "451 4.4.3"),
        ("From: alice@example.org\nnot a field\nFrom: boss@example.org", "250 2.0.0"),
    ])
    func checksFrom(_ header: String, _ reply: String) async throws {
        let text = try await submit(header, reply)
        #expect((text != nil) == reply.hasPrefix("250"))
    }

    @Test func checksTheSender() async throws {
        try await withService(.submission, { $0.allowsLoginWithoutTLS = true }) { service in
            try await converse(
                service.listener.port, Self.login + """
                    > MAIL FROM:<boss@example.org>
                    < 553 5.7.1
                    > MAIL FROM:<silent@example.org>
                    < 451 4.4.3
                    > MAIL FROM:<>
                    < 250
                    > RSET
                    < 250
                    > MAIL FROM:<al@example.org>
                    < 250
                    > RCPT TO:<nobody@example.org>
                    < 550 5.1.1
                    > VRFY <bob@example.org>
                    < 250 2.1.5 <bob@example.org>
                    > EXPN staff
                    < 252
                    """)
        }
    }

    @Test func requiresTLSAndLogin() async throws {
        try await withService(.submission) { service in
            try await converse(
                service.listener.port, """
                    < 220
                    > EHLO c
                    < 250 HELP
                    > MAIL FROM:<alice@example.org>
                    < 530
                    > AUTH PLAIN AGFsaWNlAHNlY3JldA==
                    < 502
                    """)
        }
        try await withService(.submission, { $0.allowsLoginWithoutTLS = true }) { service in
            try await converse(
                service.listener.port, """
                    < 220
                    > EHLO c
                    < 250 HELP
                    > MAIL FROM:<alice@example.org>
                    < 530 5.7.0 Authentication
                    > AUTH PLAIN AGFsaWNlAHdyb25n
                    < 535 5.7.8
                    > AUTH PLAIN AHNpbGVudABzZWNyZXQ=
                    < 454 4.7.0
                    > AUTH LOGIN
                    < 334
                    > YWxpY2U=
                    < 334
                    > *
                    < 501 5.7.0
                    > AUTH LOGIN
                    < 334
                    > YWxpY2U=
                    < 334
                    > c2VjcmV0
                    < 235
                    > MAIL FROM:<alice@example.org>
                    < 250
                    """)
        }
    }

    /// What MAIL asked for waits with the message (RFC 4865, 2852, 6710).
    @Test func requestsReachTheQueue() async throws {
        try await withService(.submission, { $0.allowsLoginWithoutTLS = true }) { service in
            let start = Timestamp.now
            try await converse(
                service.listener.port, Self.login + """
                    > MAIL FROM:<alice@example.org> HOLDFOR=60 BY=120;RT MT-PRIORITY=9
                    > RCPT TO:<someone@elsewhere.example>
                    > DATA
                    < 250
                    < 250
                    < 354
                    > From: alice@example.org
                    > 
                    > .
                    < 250 2.3.6 4 is the new priority, queued as
                    """)
            let (entry, text) = try #require(try await service.queue(1).first)
            let envelope = entry.envelope
            #expect(envelope.isSubmission && envelope.priority == 4 && !envelope.requiresTLS)
            #expect(text.contains("\r\n\tfor <someone@elsewhere.example> priority 4;"))
            let release = try #require(envelope.releaseAt)
            #expect(release >= start + .seconds(60) && release <= .now + .seconds(60))
            #expect(
                envelope.deliverBy
                    == DeliverBy(deadline: release + .seconds(60), mode: .return, isTraced: true))
        }
    }

    @Test func aLongHeaderIsRefused() async throws {
        let line = String(repeating: "x", count: 900)
        let header = "From: alice@example.org\n" + (0..<320).map { "X-\($0): \(line)" }.joined(separator: "\n")
        #expect(try await submit(header, "552 5.3.4") == nil)
    }
}
