import Foundation
import Testing
import TestSupport

/// Hosts that are out of step, never end, or fall silent; and what an operator sees of that.
@Suite(.ownThreads) struct HostileHostTests {
    let server: RunningMartlet

    init() throws { server = try OutboundServer.shared.get() }

    private func certificate() throws -> [String] {
        let pair = try Certificates.shared.get().org
        return ["--certificate", pair.certificate, "--key", pair.key]
    }

    /// What has a reply before it is whole is not delivered by it.
    @Test(arguments: [("PIPELINING", 300), ("PIPELINING", 9000), ("", 9000)])
    func replyWithinTheContent(_ keywords: String, _ kilobytes: Int) throws {
        let sink = try Sink(["--keywords", keywords, "--rule", "content * + 250 2.0.0 Taken early"])
        let domain = try server.domain(to: sink)
        let line = String(repeating: "x", count: 62) + "\r\n"
        try server.deliver(
            to: ["a@\(domain)"], "Subject: x\r\n\r\n" + String(repeating: line, count: kilobytes * 16))
        let waiting = try server.waiting("a@\(domain)")
        #expect(waiting.contains("4.5.0") && waiting.contains("before the end of the message"), "\(waiting)")
        try sink.relent()
        #expect(try sink.messages().count == 1)
        #expect(try eventually { try server.queue().allSatisfy { !$0.contains(domain) } })
    }

    /// It is not taken for the reply to the next message's command.
    @Test func replyBetweenMessages() throws {
        let sink = try Sink(["--rule", "after * 1 550 5.1.1 Stray"])
        let domain = try server.domain(to: sink)
        try server.deliver(to: ["a@\(domain)"], "Subject: 1\r\n\r\n")
        _ = try sink.messages()
        // The stray reply is there, or the session is over.
        _ = try eventually { try sink.events().first { $0.stray != nil } }
        try server.deliver(to: ["b@\(domain)"], "Subject: 2\r\n\r\n")
        let messages = try sink.messages(2)
        #expect(messages[0].session != messages[1].session)
        #expect(try eventually { try server.queue().allSatisfy { !$0.contains(domain) } })
    }

    @Test(arguments: ["mail", "rcpt", "data", "end"]) func refusalWithoutEnd(_ stage: String) throws {
        let sink = try Sink(["--rule", "\(stage) * * endless"])
        let user = server.newUser()
        let domain = try server.domain(to: sink)
        try server.submit("From: \(user.address)\r\n\r\n", to: ["a@\(domain)"], as: user)
        let report = try MailTool.report(server.messages(of: user)[0])
        #expect(report.recipients.first?["status"] == "5.1.1")
    }

    /// In its own words, once: in the queue and in the report.
    @Test func wordsOfAHostThatRefusesToTalk() throws {
        let sink = try Sink([
            "--rule", "greeting * + 421 4.3.2 Closed for lunch", "--rule", "greeting * * 521 5.3.2 Closed for good",
        ])
        let user = server.newUser()
        let domain = try server.domain(to: sink)
        try server.submit("From: \(user.address)\r\n\r\n", to: ["a@\(domain)"], as: user)
        #expect(try server.waiting("a@\(domain)").contains("\"error\":\"421 4.3.2 Closed for lunch\""))
        try sink.relent()
        let recipient = try MailTool.report(server.messages(of: user)[0]).recipients.first
        #expect(recipient?["diagnostic-code"] == "smtp; 521 5.3.2 Closed for good")
        #expect(recipient?["remote-mta"] == "dns; [127.0.0.1]")
    }

    // MARK: STARTTLS

    /// What comes in the clear behind 220 is an attack; nothing goes out in the clear because of it.
    @Test(arguments: ["may", "encrypt"]) func clearTextBehindSTARTTLS(_ level: String) throws {
        let sink = try Sink(try certificate() + ["--rule", "starttls * * 220 Go\\n250 Injected"])
        let domain = try server.domain(to: sink, "martletTLSPolicy: \(level)")
        try server.deliver(to: ["a@\(domain)"], "Subject: x\r\n\r\n")
        let waiting = try server.waiting("a@\(domain)")
        #expect(waiting.contains("4.5.0"), "\(waiting)")
        #expect(!(try sink.commands().contains { $0.hasPrefix("MAIL") }))
    }

    @Test(arguments: ["encrypt", "verify"]) func onlyTLS10(_ level: String) throws {
        let sink = try Sink(try certificate() + ["--tls10"])
        let domain = try server.domain(to: sink, "martletTLSPolicy: \(level)")
        try server.deliver(to: ["a@\(domain)"], "Subject: x\r\n\r\n")
        let waiting = try server.waiting("a@\(domain)")
        #expect(waiting.contains("4.7.5"), "\(waiting)")
        #expect(!(try sink.commands().contains { $0.hasPrefix("MAIL") }))
    }

    /// We have no certificate here.
    @Test func demandsACertificate() throws {
        let authority = try Certificates.shared.get().authority.certificate
        let sink = try Sink(try certificate() + ["--client-authority", authority])
        let domain = try server.domain(to: sink, "martletTLSPolicy: encrypt")
        try server.deliver(to: ["a@\(domain)"], "Subject: x\r\n\r\n")
        let waiting = try server.waiting("a@\(domain)")
        #expect(waiting.contains("certificate required"), "\(waiting)")
        #expect(!(try sink.commands().contains { $0.hasPrefix("MAIL") }))
    }

    @Test func noMechanismForOurPassword() throws {
        let sink = try Sink(
            try certificate() + ["--keywords", "AUTH GSSAPI XOAUTH2"], address: "127.0.0.2")
        let domain = try server.domain(to: sink, host: "127.0.0.2")
        try server.deliver(to: ["a@\(domain)"], "Subject: x\r\n\r\n")
        let waiting = try server.waiting("a@\(domain)")
        for text in ["4.7.0", "127.0.0.2", "it offers GSSAPI XOAUTH2; configured is user martlet with a password"] {
            #expect(waiting.contains(text), "\(text): \(waiting)")
        }
    }

    // MARK: LMTP

    /// Who was accepted gets it once.
    @Test func lmtpThatDiesBetweenReplies() throws {
        let sink = try Sink([
            "--lmtp", "--rule", "end <b 1 drop", "--rule", "end <d * 550 5.2.1 No", "--rule", "end <c 1 450 4.2.0 Busy",
        ])
        let user = server.newUser()
        let domain = try server.domain(to: sink, prefix: "lmtp:")
        try server.submit(
            "From: \(user.address)\r\n\r\n", to: ["a", "d", "c", "b", "e"].map { "\($0)@\(domain)" }, as: user)
        #expect(try sink.messages()[0].recipients?.count == 5)
        // They come again one by one or together.
        let again = try eventually {
            let recipients = try sink.messages().dropFirst().flatMap { $0.recipients ?? [] }
            return recipients.count >= 3 ? recipients : nil
        }
        #expect(again.sorted() == ["b", "c", "e"].map { "RCPT TO:<\($0)@\(domain)>" })
        let report = try MailTool.report(server.messages(of: user)[0])
        #expect(report.recipients.map { $0["status"] } == ["5.2.1"])
        #expect(try eventually { try server.queue().allSatisfy { !$0.contains(domain) } })
    }

    // MARK: What operators see

    @Test(arguments: [
        ("greeting * * hang", "greeting", "waiting for the greeting"),
        ("starttls * * hang", "starttls", "waiting for the reply to STARTTLS"),
        ("starttls * * silent", "tls", "in the TLS handshake"),
        ("mail * * hang", "mail", "waiting for the reply to MAIL"), ("rcpt * * hang", "rcpt", "reply to RCPT"),
        ("data * * hang", "data", "reply to DATA"), ("end * * hang", "end", "reply to the message"),
    ])
    func stage(_ rule: String, _ name: String, _ words: String) throws {
        let sink = try Sink(try certificate() + ["--keywords", "", "--rule", rule])
        let domain = try server.domain(to: sink)
        let id = try server.deliver(to: ["a@\(domain)"], "Subject: x\r\n\r\n")
        let shown = try eventually {
            let text = try server.martlet(["queue", "show", id]).output
            return text.contains(words) ? text : nil
        }
        #expect(shown.contains("Being sent:") && shown.contains("127.0.0.1 [127.0.0.1:\(sink.port)]"), "\(shown)")
        // In between it may have been given up, for others' sake, and begun anew.
        #expect(
            try eventually { () -> Bool in
                let json = try server.martlet(["queue", "show", "--json", id]).output
                return json.contains("\"stage\":\"\(name)\"") && json.contains("\"host\":\"127.0.0.1\"")
            })
        // Nobody else's delivery has to wait for the host.
        sink.stop()
    }

    @Test(.enabled(if: Loopback.hasIPv6, "this host has no ::1")) func peerAtAnIPv6Address() throws {
        let sink = try Sink(try certificate(), address: "::1")
        let domain = try server.domain(to: sink, host: "[::1]")
        try server.deliver(to: ["a@\(domain)"], "Subject: x\r\n\r\n")
        #expect(try sink.messages()[0].secure == true)
        #expect(try eventually { try server.log().contains("relay=::1[[::1]:\(sink.port)]") })
    }
}
