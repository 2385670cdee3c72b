import Foundation
import Testing
import TestSupport

/// What becomes of a message's octets, and of its sender's wishes.
@Suite(.ownThreads) struct ContentTests {
    let server: RunningMartlet

    init() throws { server = try RunningMartlet.shared.get() }

    /// IMAP gives the octets as they came; POP3, which has lines only, what they stand for.
    @Test func binaryMIMEByChunksIsFetchedAsItWas() throws {
        let user = server.newUser()
        let body = Array((0..<300).map { _ in (0...255).map(UInt8.init) + [10, 46, 10, 13, 10] }.joined())
        let header = Array("Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n".utf8)
        let message = header + body
        let client = try server.smtp(.mxTLS)
        try client.expect("MAIL FROM:<a@elsewhere.example> BODY=BINARYMIME", "250")
        try client.expect("RCPT TO:<\(user.address)>", "250")
        for start in stride(from: 0, to: message.count, by: 7777) {
            let chunk = Array(message[start..<min(start + 7777, message.count)])
            let last = start + 7777 >= message.count ? " LAST" : ""
            try client.send(Array("BDAT \(chunk.count)\(last)\r\n".utf8) + chunk)
            #expect(try client.reply().hasPrefix("250 2.0.0"))
        }
        for lines in [try server.messages(of: user)[0], try retrieved(by: user)] {
            #expect(lines.contains("Content-Transfer-Encoding: base64"))
            #expect(try MailTool.contents(lines) == [body])
        }
        let reader = try IMAPMessagesClient(server, user)
        let answer = try reader.begin("FETCH 1 BINARY.PEEK[1]")
        let size = try #require(Int(answer.drop { $0 != "{" }.filter(\.isNumber)))
        #expect(try reader.client.octets(size) == body)
    }

    /// By a client that has not said UTF8.
    private func retrieved(by user: SampleUsers.User) throws -> [String] {
        let client = try server.pop3(user)
        try client.ask("RETR 1", "+OK")
        let lines = try client.multiline()
        try client.ask("QUIT", "+OK")
        return lines
    }

    @Test func internationalisedMail() throws {
        let user = server.newUser()
        let name = user.address.prefix { $0 != "@" }
        let address = "jürgen.\(name)@example.org"
        try server.change(user, "add: martletAddress\nmartletAddress:: \(Data(address.utf8).base64EncodedString())")
        let client = try server.smtp(.mx)
        try client.expect("MAIL FROM:<пётр@elsewhere.example> SMTPUTF8 BODY=8BITMIME", "250")
        try client.expect("RCPT TO:<\(address)>", "250")
        try client.expect("DATA", "354")
        try client.expect("From: Пётр <пётр@elsewhere.example>\r\nSubject: Grüße\r\n\r\nÄ\r\n.", "250")
        let message = try server.messages(of: user)[0]
        #expect(message[0] == "Return-Path: <пётр@elsewhere.example>")
        #expect(message.contains("Delivered-To: \(user.address)"))
        #expect(message.contains("\tfor <\(address)>;"))
        #expect(message.contains("Subject: Grüße") && message.last == "Ä")

        let downgraded = try retrieved(by: user)
        #expect(downgraded[0] == "Return-Path: <invalid@internationalized-address.invalid>")
        #expect(downgraded.contains("Subject: =?utf-8?B?R3LDvMOfZQ==?=") && downgraded.last == "Ä")
        #expect(downgraded.dropLast().allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } })
    }

    /// RFC 6409 section 8; Bcc: RFC 5322 section 3.6.3.
    @Test func submissionCompletesTheHeader() throws {
        let user = server.newUser()
        try submit(user, "To: x@elsewhere.example\r\nBcc: secret@elsewhere.example,\r\n other@elsewhere.example\r\nSubject: x\r\n\r\nBcc: body")
        let message = try server.messages(of: user)[0]
        #expect(message.contains("From: <\(user.address)>"))
        #expect(message.contains { $0.hasPrefix("Date: ") })
        #expect(message.contains { $0.hasPrefix("Message-ID: <") && $0.hasSuffix("@mail.example.org>") })
        #expect(!message.contains { $0.contains("secret") || $0.contains("other@") })
        #expect(message.last == "Bcc: body")
    }

    @Test func whatIsThereStays() throws {
        let user = server.newUser()
        let header = ["From: Me <\(user.address)>", "Date: Sat, 1 Jan 2022 10:00:00 +0100", "Message-ID: <own@client>", "X-Odd:no space"]
        try submit(user, header.joined(separator: "\r\n") + "\r\n")
        let message = try server.messages(of: user)[0]
        #expect(message.suffix(5).elementsEqual(header + [""]))
    }

    @Test(arguments: [
        ("From: bob@example.org", "550 5.7.1"),
        ("From: someone@elsewhere.example", "550 5.7.1"),
        ("From: ME, bob@example.org", "550 5.7.1"),
        ("From: ME, bob@example.org\r\nSender: ME", "250"),
        ("From: bob@example.org\r\nSender: ME", "550 5.7.1"),
        ("From: ME\r\nFrom: bob@example.org", "550 5.7.1"),
        ("From: \"bob@example.org\" <ME>", "250"),
        ("From: ME\r\nReply-To: bob@example.org", "250"),
        ("From: <>", "550 5.7.1"),
        ("From: junk", "550 5.7.1"),
        ("From : bob@example.org", "550 5.7.1"),
        ("fRoM:\r\n bob@example.org", "550 5.7.1"),
    ])
    func authors(_ header: String, _ reply: String) throws {
        let user = server.newUser()
        let client = try server.smtp(.user, as: user)
        try client.expect("MAIL FROM:<\(user.address)>", "250")
        try client.expect("RCPT TO:<\(user.address)>", "250")
        try client.expect("DATA", "354")
        try client.expect(header.replacing("ME", with: user.address) + "\r\nSubject: x\r\n\r\n.", reply)
    }

    /// Where the administrator lets users send as anybody.
    @Test func anybodysAddress() throws {
        let server = try LenientServer.shared.get()
        let (sender, recipient) = (server.newUser(), server.newUser())
        let client = try LineClient(port: server.port("anybody"))
        try client.greeted()
        try client.secured()
        try client.expect("MAIL FROM:<bob@example.org>", "530 5.7.0")
        try client.expect("AUTH PLAIN \(LineClient.plain(sender.address, sender.password))", "235 2.7.0")
        try client.expect("MAIL FROM:<bob@example.org>", "250")
        try client.expect("RCPT TO:<\(recipient.address)>", "250")
        try client.expect("DATA", "354")
        try client.expect("From: someone@elsewhere.example\r\nSubject: x\r\n\r\n.", "250")
        #expect(try server.messages(of: recipient)[0].contains("From: someone@elsewhere.example"))
    }

    @Test func reportOfSuccess() throws {
        let (sender, recipient) = (server.newUser(), server.newUser())
        let client = try server.smtp(.user, as: sender)
        try client.expect("MAIL FROM:<\(sender.address)> RET=HDRS ENVID=QQ314159", "250")
        try client.expect("RCPT TO:<\(recipient.address)> NOTIFY=SUCCESS ORCPT=rfc822;Orig+40example.org", "250")
        try client.expect("DATA", "354")
        try client.expect("Subject: tell me\r\n\r\nsecret body\r\n.", "250")
        _ = try server.messages(of: recipient)
        let report = try server.messages(of: sender)[0]
        #expect(report[0] == "Return-Path: <>")
        #expect(report.contains { $0.contains("multipart/report") })
        for line in [
            "Original-Envelope-Id: QQ314159", "Original-Recipient: rfc822;Orig@example.org",
            "Final-Recipient: rfc822;\(recipient.address)", "Action: delivered", "Status: 2.",
            "Reporting-MTA: dns;mail.example.org", "Subject: tell me",
        ] {
            #expect(report.contains { $0.replacing("; ", with: ";").hasPrefix(line) }, "\(line)")
        }
        #expect(!report.contains("secret body"), "RET=HDRS")
    }

    @Test func noReportUnlessAsked() throws {
        let (sender, recipient) = (server.newUser(), server.newUser())
        for notify in ["", " NOTIFY=NEVER", " NOTIFY=FAILURE,DELAY"] {
            let client = try server.smtp(.user, as: sender)
            try client.expect("MAIL FROM:<\(sender.address)>", "250")
            try client.expect("RCPT TO:<\(recipient.address)>\(notify)", "250")
            try client.expect("DATA", "354")
            try client.expect("Subject: quiet\r\n\r\n.", "250")
        }
        _ = try server.messages(of: recipient, count: 3)
        try (try server.pop3(sender)).ask("STAT", "+OK 0 0$")
    }

    @Test func overQuotaWaitsUntilThereIsRoom() throws {
        let user = server.newUser()
        try server.change(user, "add: martletMessageQuota\nmartletMessageQuota: 1")
        try server.deliver(to: [user.address], "Subject: first\r\n\r\n")
        _ = try server.messages(of: user)
        let id = try server.deliver(to: [user.address], "Subject: second\r\n\r\n")
        let waiting = try eventually { try server.queue().first { $0.contains("\"id\":\"\(id)\"") && $0.contains("deferred") } }
        #expect(waiting.contains("4.2.2") || waiting.contains("5.2.2"), "\(waiting)")
        let client = try server.pop3(user)
        try client.ask("STAT", "+OK 1 ")
        try client.ask("DELE 1", "+OK")
        try client.ask("QUIT", "+OK")
        #expect(try server.messages(of: user)[0].contains("Subject: second"))
        #expect(try eventually { try !server.queue().contains { $0.contains("\"id\":\"\(id)\"") } })
    }

    private func submit(_ user: SampleUsers.User, _ message: String) throws {
        let client = try server.smtp(.user, as: user)
        try client.expect("MAIL FROM:<\(user.address)>", "250")
        try client.expect("RCPT TO:<\(user.address)>", "250")
        try client.expect("DATA", "354")
        try client.expect(message + "\r\n.", "250")
    }
}
