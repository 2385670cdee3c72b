import Foundation
import MailModel
import SMTP
import Storage
import Testing
import Transport

@testable import MailServer

@Suite(.timeLimit(.minutes(20))) struct MailExchangerTests {
    @Test func acceptsAndQueues() async throws {
        try await withService(.mailExchanger) { service in
            try await converse(
                service.listener.port, """
                    < 220 mail.example.org
                    > EHLO client.example
                    < 250 HELP
                    > MAIL FROM:<a@elsewhere.example> BODY=8BITMIME RET=HDRS
                    > RCPT TO:<bob@example.org> NOTIFY=NEVER
                    > DATA
                    < 250 2.1.0
                    < 250 2.1.5
                    < 354
                    > Subject: x
                    > 
                    > ..dot
                    > .
                    < 250 2.0.0 OK queued as
                    > MAIL FROM:<>
                    > RCPT TO:<staff@example.org>
                    > RCPT TO:<bob@example.org>
                    > RCPT TO:<Postmaster>
                    > BDAT 4 LAST
                    > hi
                    > QUIT
                    < 250 2.1.0
                    < 250 2.1.5
                    < 250 2.1.5
                    < 250 2.1.5
                    < 250 2.0.0 OK queued as
                    < 221
                    #
                    """)
            let queue = try await service.queue(2)
            try #require(queue.count == 2)
            let first = queue[0]
            #expect(first.entry.envelope.reversePath.description == "a@elsewhere.example")
            #expect(first.entry.envelope.returnContent == .headers)
            #expect(first.entry.recipients.map(\.routed.envelopeRecipient.notify) == [.never])
            let lines = first.text.components(separatedBy: "\r\n")
            #expect(lines[0] == "Received: from client.example ([127.0.0.1])")
            #expect(lines[1] == "\tby mail.example.org with ESMTP id \(first.entry.id)")
            #expect(lines[2] == "\tfor <bob@example.org>;")
            #expect(Array(lines[4...]) == ["Subject: x", "", ".dot", ""])
            let second = queue[1]
            #expect(second.entry.recipients.map(\.routed.address.localPart) == ["alice", "bob", "carol"])
            #expect(!second.text.contains("for <"))
            #expect(second.text.hasSuffix("\r\nhi\r\n"))
        }
    }

    @Test func refuses() async throws {
        try await withService(.mailExchanger) { service in
            try await converse(
                service.listener.port, """
                    < 220
                    > EHLO client.example
                    < 250 HELP
                    > AUTH PLAIN
                    < 502
                    > MAIL FROM:<alice@example.org>
                    < 250
                    > RCPT TO:<a@elsewhere.example>
                    < 550 5.7.1
                    > RCPT TO:<a%elsewhere.example@example.org>
                    < 550 5.7.1
                    > RCPT TO:<"a@elsewhere.example"@example.org>
                    < 550 5.7.1
                    > RCPT TO:<@example.org:a@elsewhere.example>
                    < 550 5.7.1
                    > RCPT TO:<a%elsewhere.example@routed.example>
                    < 550 5.7.1
                    > RCPT TO:<"a@elsewhere.example"@spread.example>
                    < 550 5.7.1
                    > RCPT TO:<anybody@spread.example>
                    < 451 4.4.1
                    > RCPT TO:<anybody@routed.example>
                    < 250 2.1.5
                    > RCPT TO:<@elsewhere.example,@other.example:bob@example.org>
                    < 250 2.1.5
                    > RCPT TO:<nobody@example.org>
                    < 550 5.1.1
                    > RCPT TO:<silent@example.org>
                    < 451 4.4.3
                    > VRFY bob
                    < 252
                    """)
            #expect(try await service.queue(0).isEmpty)
        }
    }

    /// RFC 6531 section 3.3: U-labels are those of IDNA2008. Without SMTPUTF8 a name of ASCII is the
    /// DNS's to know.
    @Test func domainsThatIDNADoesNotKnow() async throws {
        try await withService(.mailExchanger) { service in
            try await converse(
                service.listener.port, """
                    < 220
                    > EHLO client.example
                    < 250 HELP
                    > MAIL FROM:<a@☃.example> SMTPUTF8
                    < 501 5.1.7 Invalid sender address
                    > MAIL FROM:<a@xn--99999999.example> SMTPUTF8
                    < 501 5.1.7 Invalid sender address
                    > MAIL FROM:<a@bücher.example> SMTPUTF8
                    < 250 2.1.0
                    > RCPT TO:<a@אa.example>
                    < 501 5.1.3 Invalid recipient address
                    > RCPT TO:<a@xn--ü.example>
                    < 501 5.1.3 Invalid recipient address
                    > RCPT TO:<bob@example.org>
                    < 250 2.1.5
                    > RCPT TO:<postmaster>
                    < 250 2.1.5
                    > RSET
                    < 250
                    > MAIL FROM:<> SMTPUTF8
                    < 250
                    > RSET
                    < 250
                    > MAIL FROM:<a@[IPv6:::1]> SMTPUTF8
                    < 250
                    > RSET
                    < 250
                    > MAIL FROM:<a@xn--99999999.example>
                    < 250
                    """)
        }
    }

    @Test func endsLoops() async throws {
        try await withService(.mailExchanger, { $0.maximumHops = 3 }) { service in
            for (count, reply) in [(2, "250 2.0.0"), (3, "554 5.4.6")] {
                try await converse(
                    service.listener.port, """
                        < 220
                        > EHLO c
                        > MAIL FROM:<a@elsewhere.example>
                        > RCPT TO:<bob@example.org>
                        > DATA
                        < 250 HELP
                        < 250
                        < 250
                        < 354
                        \(String(repeating: "> received: x\n", count: count))\
                        > 
                        > Received: in the body
                        > .
                        < \(reply)
                        > NOOP
                        < 250
                        """)
            }
            #expect(try await service.queue(1).count == 1)
        }
    }

    @Test func relaysForTrustedNetworks() async throws {
        let network = try #require(IPNetwork("127.0.0.0/8"))
        try await withService(.mailExchanger, { $0.relayNetworks = [network] }) { service in
            try await converse(
                service.listener.port, """
                    < 220
                    > HELO printer
                    > MAIL FROM:<printer@example.org>
                    > RCPT TO:<a@elsewhere.example>
                    > DATA
                    < 250
                    < 250
                    < 250
                    < 354
                    > Subject: scan
                    > .
                    < 250
                    """)
            let queue = try await service.queue(1)
            #expect(queue.first?.entry.recipients.first?.routed.route == .remote(.foreign))
            #expect(queue.first?.text.contains("with SMTP id") == true)
        }
    }

    @Test func limitsSizeAndBareLineEnds() async throws {
        try await withService(.mailExchanger, { $0.message.maximumSize = 100 }) { service in
            try await converse(
                service.listener.port, """
                    < 220
                    > EHLO c
                    > MAIL FROM:<> SIZE=101
                    < 250
                    < 552
                    > MAIL FROM:<>
                    > RCPT TO:<bob@example.org>
                    > DATA
                    < 250
                    < 250
                    < 354
                    > \(String(repeating: "x", count: 120))
                    > .
                    < 552 5.3.4
                    > MAIL FROM:<>
                    > RCPT TO:<bob@example.org>
                    > DATA
                    < 250
                    < 250
                    < 354
                    > x\u{d}y
                    > .
                    < 550 5.6.11
                    > QUIT
                    < 221
                    #
                    """)
            #expect(try await service.queue(0).isEmpty)
        }
    }

    /// RFC 1870 section 6.1: said before the client sends anything for nothing. What is too large for
    /// good is told so.
    @Test func aNearlyFullDiskIsToldAtOnce() async throws {
        let free = try SystemFileSystem().freeBytes(at: NSTemporaryDirectory())
        let limit = Int(free)
        try await withService(
            .mailExchanger, { $0.message.maximumSize = limit }, minimumFree: free / 2
        ) { service in
            try await converse(
                service.listener.port, """
                    < 220
                    > EHLO c
                    > MAIL FROM:<a@elsewhere.example> SIZE=\(free / 4 * 3)
                    > RCPT TO:<bob@example.org>
                    < 250
                    < 452 4.3.1
                    < 503
                    > MAIL FROM:<a@elsewhere.example> SIZE=\(free + 1)
                    < 552
                    > MAIL FROM:<a@elsewhere.example> SIZE=100
                    < 250
                    > RSET
                    < 250
                    > MAIL FROM:<a@elsewhere.example>
                    < 250
                    > QUIT
                    < 221
                    #
                    """)
        }
        try await withService(.mailExchanger, minimumFree: .max / 2) { service in
            try await converse(
                service.listener.port, """
                    < 220
                    > EHLO c
                    > MAIL FROM:<a@elsewhere.example>
                    < 250
                    < 452 4.3.1
                    > MAIL FROM:<a@elsewhere.example> SIZE=100
                    < 452 4.3.1
                    > QUIT
                    < 221
                    #
                    """)
        }
    }

    @Test func silenceEndsTheConnection() async throws {
        try await withService(.mailExchanger, { $0.commandTimeout = .milliseconds(1) }) { service in
            try await converse(
                service.listener.port, """
                    < 220
                    < 421 4.4.2
                    #
                    """)
        }
    }

    /// The transaction under way is finished first.
    @Test func aStoppingServerSaysGoodbye() async throws {
        try await withService(.mailExchanger) { service in
            let (idle, ended) = AsyncStream.makeStream(of: Void.self)
            try await converse(
                service.listener.port, """
                    < 220
                    > EHLO c
                    > MAIL FROM:<>
                    < 250
                    < 250
                    !
                    > RCPT TO:<bob@example.org>
                    > DATA
                    < 250
                    < 354
                    > last
                    > .
                    < 250 2.0.0
                    < 421 4.3.2
                    #
                    """
            ) {
                Task {
                    await service.listener.shutDown(grace: .seconds(30))
                    ended.finish()
                }
            }
            for await _ in idle {}
            #expect(try await service.queue(1).count == 1)
        }
    }

    @Test func earlyTalkersAreRefused() async throws {
        try await withService(.mailExchanger, { $0.greetDelay = .seconds(5) }) { service in
            try await converse(
                service.listener.port, """
                    > EHLO c
                    < 554 5.5.0
                    #
                    """)
        }
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
