import Foundation
import Testing
import TestSupport

/// What becomes of recipients, by what a peer can and says.
@Suite(.ownThreads) struct RelayOutcomeTests {
    let server: RunningMartlet

    init() throws { server = try OutboundServer.shared.get() }

    @Test func internationalAddressToAHostWithoutSMTPUTF8() throws {
        let (sink, user) = (try Sink(), server.newUser())
        let domain = try server.domain(to: sink)
        try server.submit(
            "From: \(user.address)\r\nSubject: x\r\n\r\n", to: ["пётр@\(domain)"], as: user,
            parameters: " SMTPUTF8")
        let report = try MailTool.report(server.messages(of: user)[0])
        #expect(report.recipients.first?["status"] == "5.6.7")
        #expect(report.recipients.first?["action"] == "failed")
        #expect(!(try sink.commands().contains { $0.hasPrefix("MAIL") }))
    }

    @Test func internationalHeaderToAHostWithoutSMTPUTF8() throws {
        let (sink, user) = (try Sink(), server.newUser())
        let domain = try server.domain(to: sink)
        try server.submit(
            "From: \(user.address)\r\nSubject: Grüße\r\n\r\n", to: ["a@\(domain)"], as: user,
            parameters: " SMTPUTF8")
        let report = try MailTool.report(server.messages(of: user)[0])
        #expect(report.recipients.first?["status"] == "5.6.9")
        #expect(!(try sink.commands().contains { $0.hasPrefix("MAIL") }))
    }

    @Test func internationalMailToAHostWithSMTPUTF8() throws {
        let (sink, user) = (try Sink(["--keywords", "SMTPUTF8,8BITMIME"]), server.newUser())
        let domain = try server.domain(to: sink)
        try server.submit(
            "From: \(user.address)\r\nSubject: Grüße\r\n\r\n", to: ["пётр@\(domain)"], as: user,
            parameters: " SMTPUTF8 BODY=8BITMIME")
        let message = try sink.messages()[0]
        #expect(message.mail?.contains(" SMTPUTF8") == true)
        #expect(message.recipients == ["RCPT TO:<пётр@\(domain)>"])
        #expect(message.lines.contains("Subject: Grüße"))
    }

    @Test func tooLargeForTheHost() throws {
        let (sink, user) = (try Sink(["--keywords", "SIZE 2000"]), server.newUser())
        let domain = try server.domain(to: sink)
        try server.submit(
            "From: \(user.address)\r\n\r\n" + String(repeating: "text\r\n", count: 1000),
            to: ["a@\(domain)"], as: user)
        let report = try MailTool.report(server.messages(of: user)[0])
        #expect(report.recipients.first?["status"] == "5.3.4")
        #expect(!(try sink.commands().contains { $0.hasPrefix("MAIL") }))
    }

    @Test(arguments: [("", 3), ("PIPELINING,LIMITS RCPTMAX=1000", 1), ("PIPELINING", 3), ("LIMITS RCPTMAX=60", 5)])
    func manyRecipients(_ keywords: String, _ transactions: Int) throws {
        let sink = try Sink(["--keywords", keywords])
        let domain = try server.domain(to: sink)
        let recipients = (1...250).map { "r\($0)@\(domain)" }
        try server.deliver(to: recipients, "Subject: many\r\n\r\n")
        let messages = try sink.messages(transactions)
        #expect(messages.count == transactions)
        #expect(messages.flatMap { $0.recipients ?? [] }.sorted() == recipients.map { "RCPT TO:<\($0)>" }.sorted())
        #expect(Set(messages.map(\.session)).count == 1)
    }

    /// The session breaks in the first of the transactions that the recipients need.
    @Test(arguments: ["rcpt * 1 drop", "data * 1 421 4.3.2 Enough", "end * 1 drop", "end * 1 421 4.3.2 Enough"])
    func manyRecipientsAndABrokenSession(_ rule: String) throws {
        let sink = try Sink(["--keywords", "PIPELINING", "--rule", rule])
        let domain = try server.domain(to: sink)
        let recipients = (1...150).map { "r\($0)@\(domain)" }
        try server.deliver(to: recipients, "Subject: many\r\n\r\n")
        #expect(try eventually { Set(try sink.messages(0).flatMap { $0.recipients ?? [] }).count == 150 })
        #expect(try eventually { try server.queue().allSatisfy { !$0.contains(domain) } })
    }

    @Test(arguments: ["PIPELINING,ENHANCEDSTATUSCODES", "ENHANCEDSTATUSCODES", "PIPELINING,CHUNKING"])
    func someAreRefused(_ keywords: String) throws {
        let sink = try Sink([
            "--keywords", keywords, "--rule", "rcpt <bad * 550 5.1.1 No such user here",
            "--rule", "rcpt <later 1 451 4.2.1 Come again",
        ])
        let user = server.newUser()
        let domain = try server.domain(to: sink)
        try server.submit(
            "From: \(user.address)\r\n\r\n", to: ["bad1", "good", "later", "bad2"].map { "\($0)@\(domain)" },
            as: user)
        let report = try MailTool.report(server.messages(of: user)[0])
        #expect(report.recipients.count == 2)
        for (recipient, name) in zip(report.recipients, ["bad1", "bad2"]) {
            #expect(recipient["final-recipient"] == "rfc822; \(name)@\(domain)")
            #expect(recipient["status"] == "5.1.1" && recipient["action"] == "failed")
            #expect(recipient["diagnostic-code"]?.contains("No such user here") == true)
            #expect(recipient["diagnostic-code"]?.hasPrefix("smtp; 550") == true)
            #expect(recipient["remote-mta"]?.hasPrefix("dns; ") == true, "\(recipient)")
        }
        let messages = try sink.messages(2)
        #expect(messages.map(\.recipients) == [["RCPT TO:<good@\(domain)>"], ["RCPT TO:<later@\(domain)>"]])
    }

    @Test(arguments: ["PIPELINING", "", "PIPELINING,CHUNKING"]) func allAreRefused(_ keywords: String) throws {
        let sink = try Sink(["--keywords", keywords, "--rule", "rcpt * * 550 5.1.1 No"])
        let user = server.newUser()
        let domain = try server.domain(to: sink)
        try server.submit("From: \(user.address)\r\n\r\n", to: ["a@\(domain)", "b@\(domain)"], as: user)
        #expect(try MailTool.report(server.messages(of: user)[0]).recipients.count == 2)
        try server.deliver(to: ["c@\(domain)"], from: "", "Subject: x\r\n\r\n")
        #expect(try eventually { try sink.commands().filter { $0.hasPrefix("RCPT") }.count == 3 })
        #expect(try sink.messages(0).isEmpty)
    }

    @Test(arguments: [
        ("mail", "550 5.7.1 Not you", "5.7.1"), ("data", "554 5.6.0 Not this", "5.6.0"),
        ("end", "554 5.7.1 Spam", "5.7.1"), ("end", "552 Too much", "5."), ("ehlo", "554 5.7.1 Go away", "5.7.1"),
    ])
    func refusedForGood(_ stage: String, _ reply: String, _ status: String) throws {
        // A host without extensions would be asked by HELO: it refuses that as well.
        let sink = try Sink(["--rule", "\(stage) * * \(reply)", "--rule", "helo * * \(reply)"])
        let user = server.newUser()
        let domain = try server.domain(to: sink)
        try server.submit("From: \(user.address)\r\n\r\n", to: ["a@\(domain)"], as: user)
        if stage == "ehlo" {
            // HELO will do.
            #expect(try sink.messages().count == 1)
            return
        }
        let report = try MailTool.report(server.messages(of: user)[0])
        #expect(report.recipients.first?["status"]?.hasPrefix(status) == true)
        #expect(report.recipients.first?["diagnostic-code"]?.contains(reply.suffix(6)) == true)
    }

    @Test(arguments: [
        ("greeting", "421 4.3.2 Closed for lunch"), ("greeting", "554 5.7.1 Not today"), ("greeting", "drop"),
        ("greeting", "garbage"), ("ehlo", "421 4.3.2 Shutting down"), ("mail", "450 4.1.8 Who?"),
        ("mail", "421 4.3.2 Shutting down"), ("rcpt", "452 4.2.2 Full"), ("rcpt", "552 5.5.3 Too many"),
        ("data", "451 4.3.0 Not now"), ("end", "451 4.3.0 Disk trouble"), ("rcpt", "drop"), ("data", "drop"),
        ("rcpt", "garbage"), ("data", "250 What?"), ("end", "354 More?"),
    ])
    func refusedForNow(_ stage: String, _ reply: String) throws {
        let sink = try Sink(["--rule", "\(stage) * + \(reply)"])
        let user = server.newUser()
        let domain = try server.domain(to: sink)
        try server.submit("From: \(user.address)\r\nSubject: later\r\n\r\n", to: ["a@\(domain)"], as: user)
        let waiting = try server.waiting("a@\(domain)")
        #expect(waiting.contains("\"code\":4") || waiting.contains(" 4"), "\(waiting)")
        try sink.relent()
        #expect(try eventually { try server.queue().allSatisfy { !$0.contains(domain) } })
        #expect(try sink.messages().last?.lines.contains("Subject: later") == true)
        try (try server.pop3(user)).ask("STAT", "+OK 0 0$")
    }

    /// Twice rather than never.
    @Test(arguments: ["PIPELINING", "PIPELINING,CHUNKING"]) func lostBeforeTheReply(_ keywords: String) throws {
        let sink = try Sink(["--keywords", keywords, "--rule", "end * 1 drop"])
        let user = server.newUser()
        let domain = try server.domain(to: sink)
        try server.submit("From: \(user.address)\r\n\r\n", to: ["a@\(domain)"], as: user)
        let messages = try sink.messages(2)
        #expect(messages[0].content == messages[1].content)
        #expect(try eventually { try server.queue().allSatisfy { !$0.contains(domain) } })
        try (try server.pop3(user)).ask("STAT", "+OK 0 0$")
    }

    @Test func waitsForAHostThatIsAway() throws {
        let sink = try Sink(isAway: true)
        let domain = try server.domain(to: sink)
        try server.deliver(to: ["a@\(domain)"], "Subject: x\r\n\r\n")
        #expect(try server.waiting("a@\(domain)").contains("4.4.1"))
        try sink.start()
        #expect(try sink.messages().count == 1)
    }

    @Test(arguments: ["PIPELINING", "CHUNKING"]) func lmtp(_ keywords: String) throws {
        let sink = try Sink([
            "--lmtp", "--keywords", keywords, "--rule", "end <full * 552 5.2.2 Mailbox full",
            "--rule", "end <busy 1 450 4.2.0 Busy", "--rule", "rcpt <nobody * 550 5.1.1 Nobody",
        ])
        let user = server.newUser()
        let domain = try server.domain(to: sink, prefix: "lmtp:")
        try server.submit(
            "From: \(user.address)\r\n\r\n",
            to: ["a", "full", "busy", "nobody", "b"].map { "\($0)@\(domain)" }, as: user)
        let messages = try sink.messages(2)
        #expect(messages[0].recipients?.count == 4)
        #expect(messages[1].recipients == ["RCPT TO:<busy@\(domain)>"])
        #expect(try sink.commands().contains("LHLO mail.example.org"))
        #expect(!(try sink.commands().contains { $0.hasPrefix("EHLO") || $0.hasPrefix("HELO") }))
        let report = try MailTool.report(server.messages(of: user)[0])
        #expect(Set(report.recipients.compactMap { $0["status"] }) == ["5.2.2", "5.1.1"])
    }

    /// Each host of a domain in its own protocol, whichever is the first.
    @Test func hostsOfBothProtocols() throws {
        let (away, lmtp, smtp) = (try Sink(isAway: true), try Sink(["--lmtp"]), try Sink())
        for (first, second, sink, hello) in [
            ("127.0.0.1:\(away.port)", "lmtp:127.0.0.1:\(lmtp.port)", lmtp, "LHLO mail.example.org"),
            ("lmtp:127.0.0.1:\(away.port)", "127.0.0.1:\(smtp.port)", smtp, "EHLO mail.example.org"),
        ] {
            let name = "\(server.newUser().address.prefix { $0 != "@" }).routed.example"
            try server.add(
                RunningMartlet.domainEntry(
                    name, ["martletRoutingHost: 10 \(first)", "martletRoutingHost: 20 \(second)"]))
            try server.deliver(to: ["a@\(name)"], "Subject: x\r\n\r\n")
            #expect(try sink.messages().count == 1)
            #expect(try sink.commands().first == hello)
        }
    }
}
