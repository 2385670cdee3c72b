import FuzzSupport
import MailModel
import SMTP

/// A peer that says anything to the SMTP client; `ClientDriver` is the tests' own.
enum ClientTarget {
    static let words = FuzzSupport.words([
        "220 ready\r\n", "250 OK\r\n", "250 2.1.5 OK\r\n", "354 go on\r\n", "550 5.1.1 no\r\n", "452 4.5.3 enough\r\n", "421 bye\r\n", "450 later\r\n",
        "250-peer\r\n", "250-PIPELINING\r\n", "250-CHUNKING\r\n", "250-SIZE 100000\r\n", "250-8BITMIME\r\n", "250-DSN\r\n", "250-STARTTLS\r\n",
        "250-AUTH PLAIN LOGIN\r\n", "250-AUTH=LOGIN\r\n", "250-LIMITS RCPTMAX=2 MAILMAX=1\r\n", "334 YQ==\r\n", "334 %\r\n", "235 OK\r\n", "554 no\r\n", "\r\n", "garbage\r\n",
        "250\r\n", "552 full\r\n", "503 what\r\n", "221 bye\r\n", "999 x\r\n", "250-BINARYMIME\r\n", "250 SMTPUTF8\r\n", "250-DELIVERBY 240\r\n", "250-FUTURERELEASE 1 2\r\n",
        "250-MT-PRIORITY MIXER\r\n", "250-REQUIRETLS\r\n", "250-", "250 ", "5.7.1 ", "4.999.999 ", "\n", "\r", "\0", "\u{e9}",
    ])

    static func check(_ text: [UInt8], _ dice: inout Dice) throws(Violation) {
        var configuration = SMTPClientConfiguration(hostname: "client.example")
        configuration.flavour = dice.chance(25) ? .lmtp : .smtp
        configuration.tls = [.never, .opportunistic, .required].randomElement(using: &dice)!
        configuration.authenticates = dice.chance(20)
        let messages = (0..<3).map { number in
            (ClientTransaction.to("b\(number)", "c", "d"), content: ".x\r\ny\nz")
        }
        var driver = ClientDriver(configuration, isEncrypted: dice.chance(50), messages)
        driver.responses = ["a", "b"]
        driver.neededResponses = 2
        driver.pieceLength = Int.random(in: 1...10, using: &dice)
        driver.run()
        var sent = ""
        // A piece for each turn: what stands behind a whole reply may come too early.
        for piece in dice.chance(50) ? text.split(separator: 10).map({ Array($0) + [10] }) : dice.split(text) {
            guard !driver.isClosed else { break }
            sent += driver.takeOutput()
            driver.receive(piece)
        }
        if !driver.isClosed {
            driver.session.fail(.lost(driver.session.stage, cause: "over"))
            driver.run()
        }
        sent += driver.takeOutput()
        try expect(driver.isClosed, "the session comes to an end")
        try expect(driver.results.count == driver.session.transactions, "every transaction has a result")
        try expect(driver.results.allSatisfy { $0.outcomes.count == 3 }, "every recipient has an outcome")
        let rest = sent.replacing("\r\n", with: "")
        try expect(!rest.utf8.contains { $0 == 10 || $0 == 13 }, "no line ends alone are sent")
        let accepted = driver.results.count { $0.outcomes.contains { if case .accepted = $0 { true } else { false } } }
        try expect(accepted <= sent.ranges(of: "z\r\n").count, "what was accepted was sent")
    }
}

extension String {
    var octets: [UInt8] { Array(utf8) }
}
