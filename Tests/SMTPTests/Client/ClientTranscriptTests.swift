import MailModel
import NIOCore
import Testing

@testable import SMTP

/// A conversation as the client sees it: `<` lines come from the peer, `>` lines must be all that
/// the client has sent by then, `=` lines are the outcomes of a transaction's recipients, and `#`
/// is the end, with the failure's status if it is one.
struct ClientTranscript: CustomTestStringConvertible, Sendable {
    let name: String
    var configuration = SMTPClientConfiguration(hostname: "client.example")
    var isEncrypted = false
    var responses: [String] = []
    var neededResponses = 1
    let messages: [(ClientTransaction, content: String)]
    let text: String

    init(
        _ name: String, _ messages: [(ClientTransaction, content: String)] = [], _ text: String,
        _ configure: (inout ClientTranscript) -> Void = { _ in }
    ) {
        self.name = name
        self.messages = messages
        self.text = text
        configure(&self)
    }

    var testDescription: String { name }

    var driver: ClientDriver {
        var driver = ClientDriver(configuration, isEncrypted: isEncrypted, messages)
        driver.responses = responses
        driver.neededResponses = neededResponses
        return driver
    }
}

private func play(_ transcript: ClientTranscript, pieces: Int = .max, _ driver: ClientDriver) {
    var driver = driver
    var sent: [Substring] = []
    var outcomes: [String] = []
    var pending: [UInt8] = []
    func flush() {
        if pending.isEmpty { driver.run() }
        while !pending.isEmpty {
            driver.receive(pending.prefix(pieces))
            pending.removeFirst(min(pieces, pending.count))
        }
        sent += driver.takeOutput().split(separator: "\r\n", omittingEmptySubsequences: false)
        if sent.last == "" { sent.removeLast() }
        outcomes += driver.results.map { $0.outcomes.map(\.brief).joined(separator: ", ") }
        driver.results = []
    }
    for line in transcript.text.split(separator: "\n", omittingEmptySubsequences: false) {
        let rest = line.dropFirst(2)
        switch line.first {
        case "<":
            if !sent.isEmpty {
                Issue.record("\(transcript.name): unexpected \(sent) before \(line)")
                return
            }
            pending += rest.utf8
            pending += [13, 10]
        case ">":
            if sent.isEmpty { flush() }
            guard !sent.isEmpty else {
                Issue.record("\(transcript.name): nothing was sent for \(line)")
                return
            }
            let first = sent.removeFirst()
            #expect(first == rest, "\(transcript.name)")
        case "=":
            if outcomes.isEmpty { flush() }
            guard !outcomes.isEmpty else {
                Issue.record("\(transcript.name): no outcome for \(line)")
                return
            }
            let first = outcomes.removeFirst()
            #expect(first == rest, "\(transcript.name)")
        default:
            if !pending.isEmpty { flush() }
            #expect(driver.isClosed, "\(transcript.name): should be closed")
            let status = driver.failure.map { "\($0.error(with: "peer").status)" } ?? ""
            #expect(status == rest, "\(transcript.name): \(String(describing: driver.failure))")
        }
    }
    if !pending.isEmpty { flush() }
    #expect(sent.isEmpty, "\(transcript.name): \(sent)")
    #expect(outcomes.isEmpty, "\(transcript.name): \(outcomes)")
    #expect(transcript.text.contains("#") == driver.isClosed, "\(transcript.name)")
}

@Suite struct ClientTranscriptTests {
    static let plain: [ClientTranscript] = [
        ClientTranscript("one by one", [(.to("b", "c"), "Subject: x\r\n\r\n.body")], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250-peer.example
            < 250 8BITMIME
            > MAIL FROM:<a@client.example>
            < 250 2.1.0 OK
            > RCPT TO:<b@peer.example>
            < 250 2.1.5 OK
            > RCPT TO:<c@peer.example>
            < 550 5.1.1 Unknown
            > DATA
            < 354 go on
            > Subject: x
            > 
            > ..body
            > .
            < 250 2.0.0 queued
            > QUIT
            = accepted 250 2.0.0, refused 550 5.1.1 at RCPT TO
            < 221 bye
            #
            """),
        ClientTranscript("pipelined", [(.to("b", "c"), "x\r\n")], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250-peer.example hello
            < 250-SIZE 1000
            < 250 PIPELINING
            > MAIL FROM:<a@client.example> SIZE=10
            > RCPT TO:<b@peer.example>
            > RCPT TO:<c@peer.example>
            > DATA
            < 250 2.1.0 OK
            < 250 2.1.5 OK
            < 450 4.2.0 later
            < 354 go on
            > x
            > .
            < 550 5.7.1 spam
            > QUIT
            = refused 550 5.7.1 at the end of the message, refused 450 4.2.0 at RCPT TO
            """),
        ClientTranscript("nobody, and DATA was taken", [(.to("b"), "x\r\n"), (.to("c"), "y")], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250-peer.example hello
            < 250 PIPELINING
            > MAIL FROM:<a@client.example>
            > RCPT TO:<b@peer.example>
            > DATA
            < 250 OK
            < 550 5.1.1 no
            < 354 go on
            > .
            < 250 OK
            > MAIL FROM:<a@client.example>
            > RCPT TO:<c@peer.example>
            > DATA
            = refused 550 5.1.1 at RCPT TO
            < 250 OK
            < 250 OK
            < 451 no
            > QUIT
            = refused 451 4.0.0 at DATA
            """),
        ClientTranscript("RSET before the next", [(.to("b"), "x\r\n"), (.to("c"), "y")], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250-peer.example hello
            < 250 PIPELINING
            > MAIL FROM:<a@client.example>
            > RCPT TO:<b@peer.example>
            > DATA
            < 250 OK
            < 550 5.1.1 no
            < 554 no
            > RSET
            > MAIL FROM:<a@client.example>
            > RCPT TO:<c@peer.example>
            > DATA
            = refused 550 5.1.1 at RCPT TO
            < 250 OK
            < 250 OK
            < 250 OK
            < 354 OK
            > y
            > .
            < 250 OK
            > QUIT
            = accepted 250 2.0.0
            """),
        ClientTranscript("MAIL refused, pipelined", [(.to("b", "c"), "x"), (.to("d"), "x")], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250-peer.example hello
            < 250 PIPELINING
            > MAIL FROM:<a@client.example>
            > RCPT TO:<b@peer.example>
            > RCPT TO:<c@peer.example>
            > DATA
            < 552 5.3.4 too big
            < 503 5.5.1 no MAIL
            < 503 5.5.1 no MAIL
            < 503 5.5.1 no MAIL
            > MAIL FROM:<a@client.example>
            > RCPT TO:<d@peer.example>
            > DATA
            = refused 552 5.3.4 at MAIL FROM, refused 552 5.3.4 at MAIL FROM
            """),
        ClientTranscript("too many recipients", [(.to("b", "c", "d"), "x"), (.to("e", "f"), "x")], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250 peer.example
            > MAIL FROM:<a@client.example>
            < 250 OK
            > RCPT TO:<b@peer.example>
            < 250 OK
            > RCPT TO:<c@peer.example>
            < 452 4.5.3 enough
            > RCPT TO:<d@peer.example>
            < 552 enough
            > DATA
            < 354 OK
            > x
            > .
            < 250 OK
            > MAIL FROM:<a@client.example>
            = accepted 250 2.0.0, notTried, notTried
            < 250 OK
            > RCPT TO:<e@peer.example>
            < 552 5.2.2 full
            > QUIT
            = refused 552 5.2.2 at RCPT TO, notTried
            """),
        ClientTranscript("limits", [(.to("b", "c"), "x"), (.to("c"), "x")], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250-peer.example
            < 250 LIMITS MAILMAX=1 RCPTMAX=1
            > MAIL FROM:<a@client.example>
            < 451 later
            > QUIT
            = refused 451 4.0.0 at MAIL FROM, notTried
            """),
        ClientTranscript("421 to RCPT", [(.to("b", "c", "d"), "x")], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250-peer.example
            < 250 PIPELINING
            > MAIL FROM:<a@client.example>
            > RCPT TO:<b@peer.example>
            > RCPT TO:<c@peer.example>
            > RCPT TO:<d@peer.example>
            > DATA
            < 250 OK
            < 550 no
            < 421 4.3.2 going down
            = refused 550 5.0.0 at RCPT TO, refused 421 4.3.2 at RCPT TO, refused 421 4.3.2 at RCPT TO
            # 4.3.2
            """),
        ClientTranscript("HELO", [(.to("b"), "x")], """
            < 220 peer.example SMTP
            > EHLO client.example
            < 502 what?
            > HELO client.example
            < 250 peer.example
            > MAIL FROM:<a@client.example>
            """),
        ClientTranscript("greeting 554", [], """
            < 554 5.7.1 not you
            > QUIT
            # 4.7.1
            """),
        ClientTranscript("greeting 521", [], """
            < 521 no mail here
            > QUIT
            # 5.0.0
            """),
        ClientTranscript("greeting 421", [], """
            < 421 4.3.2 too busy
            # 4.3.2
            """),
        ClientTranscript("garbage", [], """
            < SSH-2.0-OpenSSH_9.2
            # 4.5.0
            """),
        ClientTranscript("a long greeting", [], """
            < 220-peer.example ESMTP
            < 220-We do not authorize the use of this system
            < 220 to transport unsolicited mail
            > EHLO client.example
            < 550 5.7.1 who are you
            > HELO client.example
            < 550 5.7.1 who are you
            > QUIT
            # 5.7.1
            """),
        ClientTranscript("garbage for the final reply", [(.to("b"), "x")], """
            < 220 peer.example SMTP
            > EHLO client.example
            < 250 peer.example
            > MAIL FROM:<a@client.example>
            < 250 peer.example
            > RCPT TO:<b@peer.example>
            < 250 OK
            > DATA
            < 354 OK
            > x
            > .
            < OK, thanks
            = unknown
            # 4.5.0
            """),
        ClientTranscript("DATA answered by 250", [(.to("b"), "x")], """
            < 220 peer.example SMTP
            > EHLO client.example
            < 250 peer.example
            > MAIL FROM:<a@client.example>
            < 250 peer.example
            > RCPT TO:<b@peer.example>
            < 250 OK
            > DATA
            < 250 OK
            = broken
            # 4.5.0
            """),
    ]

    static let chunked: [ClientTranscript] = [
        ClientTranscript("a small one at once", [(.to("b", "c"), "x\r\n.y")], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250-peer.example
            < 250-CHUNKING
            < 250 PIPELINING
            > MAIL FROM:<a@client.example>
            > RCPT TO:<b@peer.example>
            > RCPT TO:<c@peer.example>
            > BDAT 7 LAST
            > x
            > .y
            < 250 OK
            < 550 no
            < 250 OK
            < 250 2.6.0 OK
            > QUIT
            = refused 550 5.0.0 at RCPT TO, accepted 250 2.6.0
            """),
        ClientTranscript("a small one for nobody", [(.to("b"), "x\r\n"), (.to("c"), "x\r\n")], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250-peer.example
            < 250-CHUNKING
            < 250 PIPELINING
            > MAIL FROM:<a@client.example>
            > RCPT TO:<b@peer.example>
            > BDAT 3 LAST
            > x
            < 250 OK
            < 550 no
            < 554 5.5.1 no recipients
            > RSET
            > MAIL FROM:<a@client.example>
            > RCPT TO:<c@peer.example>
            > BDAT 3 LAST
            > x
            = refused 550 5.0.0 at RCPT TO
            """),
        ClientTranscript("a large one waits", [(.to("b", size: 100_000), "x\r\n")], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250-peer.example
            < 250-CHUNKING
            < 250 PIPELINING
            > MAIL FROM:<a@client.example>
            > RCPT TO:<b@peer.example>
            < 250 OK
            < 250 OK
            > BDAT 3 LAST
            > x
            < 452 4.3.1 full
            > QUIT
            = refused 452 4.3.1 at the end of the message
            """),
        ClientTranscript("without PIPELINING", [(.to("b"), "x\r\n")], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250-peer.example
            < 250 CHUNKING
            > MAIL FROM:<a@client.example>
            < 250 OK
            > RCPT TO:<b@peer.example>
            < 450 later
            > QUIT
            = refused 450 4.0.0 at RCPT TO
            """),
    ]

    static let parameters: [ClientTranscript] = [
        ClientTranscript(
            "all of them",
            [
                (
                    ClientTransaction.to("b").with {
                        $0.body = .eightBitMIME
                        $0.recipients[0].address = EmailAddress(localPart: "bé", domain: "peer.example")
                        $0.recipients[0].notify = [.success, .delay]
                        $0.recipients[0].originalRecipient = .init(
                            addressType: "utf-8", address: "b+é=\\x{E9}\\@x")
                        $0.returnContent = .headers
                        $0.envelopeID = "a+b=c d"
                        $0.requiresTLS = true
                        $0.deliverBy = .init(seconds: 120, mode: .notify, isTraced: true)
                        $0.priority = -3
                    }, "x"
                )
            ], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250-peer.example
            < 250-size
            < 250-8bitmime
            < 250-SMTPUTF8
            < 250-DSN
            < 250-REQUIRETLS
            < 250-DELIVERBY 60
            < 250 MT-PRIORITY MIXER
            > MAIL FROM:<a@client.example> SIZE=10 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb+3Dc+20d REQUIRETLS BY=120;NT MT-PRIORITY=-3
            < 250 OK
            > RCPT TO:<bé@peer.example> NOTIFY=SUCCESS,DELAY ORCPT=utf-8;b\\x{2B}\\x{E9}\\x{3D}\\x{E9}\\x{5C}@x
            """
        ) { $0.isEncrypted = true },
        ClientTranscript(
            "none of them",
            [
                (
                    ClientTransaction.to("b c").with {
                        $0.reversePath = .null
                        $0.recipients[0].notify = .never
                        $0.returnContent = .full
                        $0.envelopeID = "a"
                        $0.deliverBy = .init(seconds: 120, mode: .return)
                        $0.priority = 3
                    }, "x"
                )
            ], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250 peer.example
            > MAIL FROM:<>
            < 250 OK
            > RCPT TO:<"b c"@peer.example>
            """),
        ClientTranscript(
            "can't be sent",
            [
                (.to("b", size: 1001), "x"),
                (ClientTransaction.to("b").with { $0.body = .eightBitMIME }, "x"),
                (ClientTransaction.to("b").with { $0.body = .binaryMIME }, "x"),
                (ClientTransaction.to("b").with { $0.hasInternationalHeader = true }, "x"),
                (ClientTransaction.to("b").with { $0.requiresTLS = true }, "x"),
                (.to("b\r\nRSET"), "x"),
                (
                    ClientTransaction.to("b").with {
                        $0.reversePath = .address(EmailAddress(localPart: "a", domain: "[x\n]"))
                    }, "x"
                ),
                (.to("é", "b"), "x"),
            ], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250-peer.example
            < 250-BINARYMIME
            < 250 SIZE 1000
            > MAIL FROM:<a@client.example> SIZE=10
            = impossible 552 5.3.4
            = impossible 554 5.6.3
            = impossible 554 5.6.3
            = impossible 554 5.6.9
            = impossible 550 5.7.30
            = impossible 553 5.1.3
            = impossible 553 5.1.7
            < 250 OK
            > RCPT TO:<b@peer.example>
            < 550 no
            > QUIT
            = impossible 553 5.6.7, refused 550 5.0.0 at RCPT TO
            """),
    ]

    static func lmtp(_ transcript: inout ClientTranscript) {
        transcript.configuration.flavour = .lmtp
    }

    static let lmtp: [ClientTranscript] = [
        ClientTranscript("a reply for each", [(.to("b", "c", "d"), "x")], """
            < 220 peer.example LMTP
            > LHLO client.example
            < 250-peer.example
            < 250 PIPELINING
            > MAIL FROM:<a@client.example>
            > RCPT TO:<b@peer.example>
            > RCPT TO:<c@peer.example>
            > RCPT TO:<d@peer.example>
            > DATA
            < 250 OK
            < 250 OK
            < 550 no
            < 250 OK
            < 354 OK
            > x
            > .
            < 452 4.2.2 full
            < 250 2.1.5 done
            > QUIT
            = refused 452 4.2.2 at the end of the message, refused 550 5.0.0 at RCPT TO, accepted 250 2.1.5
            """, lmtp),
        ClientTranscript("no HELO", [], """
            < 220 peer.example LMTP
            > LHLO client.example
            < 500 what?
            > QUIT
            # 5.0.0
            """, lmtp),
        ClientTranscript("broken off between replies", [(.to("b", "c"), "x")], """
            < 220 peer.example LMTP
            > LHLO client.example
            < 250-peer.example
            < 250-PIPELINING
            < 250 CHUNKING
            > MAIL FROM:<a@client.example>
            > RCPT TO:<b@peer.example>
            > RCPT TO:<c@peer.example>
            > BDAT 3 LAST
            > x
            < 250 OK
            < 250 OK
            < 250 OK
            < 250 2.1.5 done
            < !
            = accepted 250 2.1.5, unknown
            # 4.5.0
            """, lmtp),
    ]

    static func required(_ transcript: inout ClientTranscript) {
        transcript.configuration.tls = .required
    }

    static let tls: [ClientTranscript] = [
        ClientTranscript("STARTTLS", [(.to("b"), "x")], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250-peer.example
            < 250-PIPELINING
            < 250 STARTTLS
            > STARTTLS
            < 220 2.0.0 go
            > EHLO client.example
            < 250-peer.example
            < 250 STARTTLS
            > MAIL FROM:<a@client.example>
            """),
        ClientTranscript("refused, and goes on in the clear", [(.to("b"), "x")], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250-peer.example
            < 250 STARTTLS
            > STARTTLS
            < 454 4.7.0 not now
            > MAIL FROM:<a@client.example>
            """),
        ClientTranscript("refused, and required", [(.to("b"), "x")], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250-peer.example
            < 250 STARTTLS
            > STARTTLS
            < 554 5.7.0 not at all
            > QUIT
            # 4.7.5
            """, required),
        ClientTranscript("not offered, and required", [(.to("b"), "x")], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250 peer.example
            > QUIT
            # 4.7.4
            """, required),
        ClientTranscript("no EHLO, and required", [(.to("b"), "x")], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 500 what?
            > QUIT
            # 4.7.4
            """, required),
        ClientTranscript("never", [(.to("b"), "x")], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250-peer.example
            < 250 STARTTLS
            > MAIL FROM:<a@client.example>
            """) { $0.configuration.tls = .never },
    ]

    static func authenticating(
        _ responses: String..., needed: Int = 1
    ) -> (inout ClientTranscript) -> Void {
        {
            $0.configuration.authenticates = true
            $0.responses = responses
            $0.neededResponses = needed
            $0.isEncrypted = true
        }
    }

    static let hello = """
        < 220 peer.example ESMTP
        > EHLO client.example
        < 250-peer.example
        < 250 AUTH GSSAPI PLAIN LOGIN
        """

    static let authentication: [ClientTranscript] = [
        ClientTranscript("at once", [(.to("b"), "x")], hello + """

            > AUTH PLAIN AGEAYg==
            < 235 2.7.0 OK
            > MAIL FROM:<a@client.example>
            """, authenticating("\0a\0b")),
        ClientTranscript("an empty response", [(.to("b"), "x")], hello + """

            > AUTH PLAIN =
            < 235 2.7.0 OK
            > MAIL FROM:<a@client.example>
            """, authenticating("")),
        ClientTranscript("challenges", [], hello + """

            > AUTH PLAIN YQ==
            < 334 Yg==
            > Yg==
            < 334
            > 
            < 235 OK
            > QUIT
            """, authenticating("a", "b", "", needed: 3)),
        ClientTranscript("too long for the command", [], hello + """

            > AUTH PLAIN
            < 334
            > \(Base64.encode(Array(repeating: 0x61, count: 400)))
            < 235 OK
            > QUIT
            """, authenticating(String(repeating: "a", count: 400))),
        ClientTranscript("success before the peer has proved itself", [], hello + """

            > AUTH PLAIN YQ==
            < 235 OK
            > QUIT
            # 4.7.0
            """, authenticating("a", "b", needed: 2)),
        ClientTranscript("refused", [], hello + """

            > AUTH PLAIN YQ==
            < 535 5.7.8 no
            > QUIT
            # 4.7.8
            """, authenticating("a")),
        ClientTranscript("another mechanism", [], hello + """

            > AUTH PLAIN YQ==
            < 534 5.7.9 too weak
            > AUTH LOGIN YQ==
            < 504 5.5.4 what?
            > QUIT
            # 4.7.0
            """, authenticating("a")),
        ClientTranscript("not base64", [], hello + """

            > AUTH PLAIN YQ==
            < 334 %%%
            > *
            > QUIT
            # 4.7.0
            """, authenticating("a")),
        ClientTranscript("not offered", [], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250 peer.example
            > QUIT
            # 4.7.0
            """, authenticating("a")),
        ClientTranscript("the old form", [], """
            < 220 peer.example ESMTP
            > EHLO client.example
            < 250-peer.example
            < 250 AUTH=LOGIN
            > AUTH LOGIN YQ==
            """, authenticating("a")),
    ]

    static let all = plain + chunked + parameters + lmtp + tls + authentication

    @Test(arguments: all)
    func conversation(_ transcript: ClientTranscript) {
        play(transcript, transcript.driver)
    }

    @Test(arguments: all)
    func splitAnywhere(_ transcript: ClientTranscript) {
        for pieces in 1...7 { play(transcript, pieces: pieces, transcript.driver) }
    }
}
