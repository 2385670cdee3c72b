import FuzzSupport
import MailModel
import NIOCore
import Testing

@testable import SMTP

/// Our client and our server, octets between them cut anywhere.
@Suite struct ClientAndServerTests {
    /// - Parameter hidden: extensions that the client is not shown.
    private static func talk(
        _ client: inout ClientDriver, _ server: inout SessionDriver, hiding hidden: [String] = [],
        using generator: inout Dice
    ) {
        client.run()
        for _ in 0..<10_000 where !client.isClosed {
            var text = server.output.readString(length: server.output.readableBytes) ?? ""
            for word in hidden { text = text.replacing("250-\(word)\r\n", with: "") }
            var replies = text.octets[...]
            while !replies.isEmpty, !client.isClosed {
                let piece = replies.prefix(Int.random(in: 1...40, using: &generator))
                replies.removeFirst(piece.count)
                client.receive(piece)
            }
            if server.awaitsTLS {
                server.awaitsTLS = false
                server.session.tlsStarted(mechanisms: ["PLAIN"])
            }
            var sent = Array(client.output.readableBytesView)[...]
            client.output.clear()
            while !sent.isEmpty {
                let piece = sent.prefix(Int.random(in: 1...2000, using: &generator))
                sent.removeFirst(piece.count)
                server.receive(piece)
            }
        }
    }

    private static let hidden: [[String]] = [
        [], ["PIPELINING"], ["CHUNKING"], ["PIPELINING", "CHUNKING"],
        ["DSN", "SIZE 1000", "8BITMIME", "STARTTLS"],
    ]

    @Test(arguments: hidden)
    func messages(hidden: [String]) {
        var generator = Dice(seed: 77)
        let alphabet = ["line\r\n", ".", "\r\n.\r\n", "\n", "\r", "x", "..\r\n"]
        for round in 0..<60 {
            let contents = (0..<3).map { _ in
                "Subject: x\r\n\r\n"
                    + (0..<Int.random(in: 0...20, using: &generator))
                    .map { _ in alphabet.randomElement(using: &generator)! }.joined()
            }
            var client = ClientDriver(
                .init(hostname: "client.example"),
                contents.enumerated().map { number, content in
                    let names = ["b\(number)", "unknown", "c", "later"].shuffled(using: &generator)
                    return (.to(names, size: content.utf8.count), content)
                })
            client.pieceLength = Int.random(in: 1...100, using: &generator)
            var server = SessionDriver(SessionDriver.mx(.init(), .init(maximumSize: 1000)))
            Self.talk(&client, &server, hiding: hidden, using: &generator)
            #expect(client.isClosed && client.failure == nil, "round \(round)")
            #expect(client.handshakes == (hidden.contains("STARTTLS") ? 0 : 1))
            #expect(server.messages == contents.map { ContentEncoderTests.normalised($0.octets) })
            #expect(server.envelopes.map { $0.recipients.count } == [2, 2, 2])
            for result in client.results {
                let words = result.outcomes.map(\.brief).sorted()
                #expect(words == [
                    "accepted 250 2.0.0", "accepted 250 2.0.0", "refused 451 4.4.3 at RCPT TO",
                    "refused 550 5.1.1 at RCPT TO",
                ])
            }
        }
    }

    @Test func everyParameter() {
        var generator = Dice(seed: 1)
        let original = OriginalRecipient(addressType: "rfc822", address: "a+b=c d@x")
        let transaction = ClientTransaction.to("b").with {
            $0.recipients[0].notify = [.success, .failure]
            $0.recipients[0].originalRecipient = original
            $0.returnContent = .headers
            $0.envelopeID = "x+y=z \u{e9}"
            $0.body = .eightBitMIME
            $0.hasInternationalHeader = true
        }
        var client = ClientDriver(.init(hostname: "client.example"), [(transaction, "x")])
        var server = SessionDriver(SessionDriver.mx())
        Self.talk(&client, &server, using: &generator)
        #expect(server.envelopes == [
            Envelope(
                reversePath: transaction.reversePath, recipients: transaction.recipients,
                body: .eightBitMIME, smtpUTF8: true, returnContent: .headers,
                envelopeID: "x+y=z \u{e9}")
        ])
        #expect(client.results.first?.peerReportsSuccess == true)
    }

    @Test func submission() {
        var generator = Dice(seed: 1)
        var configuration = SMTPClientConfiguration(hostname: "client.example")
        configuration.tls = .required
        configuration.authenticates = true
        for (password, isRight) in [("\0alice\0secret", true), ("\0alice\0wrong", false)] {
            var client = ClientDriver(configuration, [(.to("b"), "Subject: x\r\n\r\nx")])
            client.responses = [password]
            var server = SessionDriver(SessionDriver.submission())
            Self.talk(&client, &server, using: &generator)
            #expect(server.messages.count == (isRight ? 1 : 0))
            #expect(client.session.isAuthenticated == isRight)
            #expect(client.failure?.error(with: "peer").status == (isRight ? nil : .init(4, 7, 8)))
        }
    }
}
