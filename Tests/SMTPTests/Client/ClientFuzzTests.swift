import FuzzSupport
import MailModel
import NIOCore
import Testing

@testable import SMTP

/// A peer that says anything. The session never traps and never loops; what it sends is always
/// whole lines without control characters; every transaction has a result with an outcome for each
/// recipient; and none is "accepted" unless the whole message went out and a 2xx came.
@Suite struct ClientFuzzTests {
    private static let lines = [
        "250 OK", "250 2.1.5 OK", "354 go on", "550 5.1.1 no", "452 4.5.3 enough", "421 bye", "450 later",
        "250-PIPELINING", "250-CHUNKING", "250-SIZE 100000", "250-8BITMIME", "250-DSN", "250-STARTTLS",
        "250-AUTH PLAIN LOGIN", "250-LIMITS RCPTMAX=2", "220 ready", "334 YQ==", "334 %", "235 OK", "554 no",
        "", "garbage", "250", "552 full", "503 what", "221 bye", "999 x", "250-BINARYMIME", "250 SMTPUTF8",
    ]

    @Test func anything() {
        var generator = Dice(seed: 2024)
        var accepted = 0
        for _ in 0..<4000 { run(&generator, &accepted) }
        #expect(accepted > 50)
    }

    private func run(_ generator: inout Dice, _ accepted: inout Int) {
        var configuration = SMTPClientConfiguration(hostname: "client.example")
        configuration.flavour = Int.random(in: 0..<4, using: &generator) == 0 ? .lmtp : .smtp
        configuration.tls = [.never, .opportunistic, .required].randomElement(using: &generator)!
        configuration.authenticates = Int.random(in: 0..<5, using: &generator) == 0
        let messages = (0..<3).map { number in
            (ClientTransaction.to("b\(number)", "c", "d"), content: ".x\r\ny\nz")
        }
        var driver = ClientDriver(configuration, isEncrypted: Bool.random(using: &generator), messages)
        driver.responses = ["a", "b"]
        driver.neededResponses = 2
        driver.pieceLength = Int.random(in: 1...10, using: &generator)
        driver.run()
        var sent = ""
        // Some peers are nearly right, or no session would come far.
        let isSensible = Bool.random(using: &generator)
        for _ in 0..<Int.random(in: 0...40, using: &generator) where !driver.isClosed {
            let commands = driver.takeOutput()
            sent += commands
            var text = ""
            if isSensible, Int.random(in: 0..<12, using: &generator) > 0 {
                text = sensibleReply(driver, &generator)
            } else {
                text = Self.lines.randomElement(using: &generator)! + "\r\n"
            }
            driver.receive(text.octets)
        }
        if !driver.isClosed {
            driver.session.fail(.lost(driver.session.stage, cause: "over"))
            driver.run()
        }
        sent += driver.takeOutput()
        #expect(driver.isClosed)
        #expect(driver.results.count == driver.session.transactions)
        for result in driver.results {
            #expect(result.outcomes.count == 3)
            accepted += result.outcomes.count { if case .accepted = $0 { true } else { false } }
        }
        #expect(!sent.utf8.isEmpty || driver.failure != nil)
        // No bare CR or LF, whatever the message had.
        let rest = sent.replacing("\r\n", with: "")
        #expect(!rest.utf8.contains { $0 == 10 || $0 == 13 })
        let wholeMessages = sent.ranges(of: "z\r\n").count
        let results = driver.results.count { $0.outcomes.contains { if case .accepted = $0 { true } else { false } } }
        #expect(results <= wholeMessages)
    }

    private func sensibleReply(_ driver: ClientDriver, _ generator: inout Dice) -> String {
        switch driver.waitsFor {
        case .greeting, .startTLS: "220 peer\r\n"
        case .hello:
            "250-peer\r\n" + (Bool.random(using: &generator) ? "250-PIPELINING\r\n" : "")
                + (Bool.random(using: &generator) ? "250-CHUNKING\r\n" : "") + "250-STARTTLS\r\n250 AUTH PLAIN\r\n"
        case .authentication: driver.challenges.isEmpty ? "334 YQ==\r\n" : "235 OK\r\n"
        case .recipient: Int.random(in: 0..<4, using: &generator) == 0 ? "550 no\r\n" : "250 OK\r\n"
        case .dataStart: "354 go on\r\n"
        default: "250 OK\r\n"
        }
    }
}
