import Foundation
import Testing
import TestSupport

/// Connections to peers: how they are shared, secured and given up.
@Suite(.ownThreads) struct RelaySessionTests {
    let server: RunningMartlet

    init() throws { server = try OutboundServer.shared.get() }

    private func certificate() throws -> [String] {
        let pair = try Certificates.shared.get().org
        return ["--certificate", pair.certificate, "--key", pair.key]
    }

    @Test func sessionsAreShared() throws {
        let sink = try Sink()
        let domain = try server.domain(to: sink)
        let client = try server.smtp(.mx)
        for number in 1...40 {
            try client.deliver(to: ["r\(number)@\(domain)"], "Subject: \(number)\r\n")
        }
        let messages = try sink.messages(40)
        #expect(messages.count == 40)
        #expect(Set(messages.map(\.session)).count < 40)
        let numbers = messages.compactMap { $0.lines.first { $0.hasPrefix("Subject: ") } }
        #expect(Set(numbers).count == 40)
        // They are ended in order.
        let sessions = Set(messages.map(\.session)).count
        #expect(try eventually { try sink.commands().filter { $0 == "QUIT" }.count == sessions })
    }

    /// A host that has had enough of a session is no host in trouble.
    @Test func sessionsThatTheHostEnds() throws {
        let sink = try Sink(["--messages", "2"])
        let domain = try server.domain(to: sink)
        let client = try server.smtp(.mx)
        for number in 1...9 {
            try client.deliver(to: ["r\(number)@\(domain)"], "Subject: \(number)\r\n")
        }
        let messages = try sink.messages(9)
        #expect(messages.count == 9)
        #expect(Dictionary(grouping: messages, by: \.session).values.allSatisfy { $0.count <= 2 })
        #expect(try eventually { try server.queue().allSatisfy { !$0.contains(domain) } })
        let log = try server.log().split(separator: "\n").filter { $0.contains(domain) }
        #expect(!log.contains { $0.contains("deferred") }, "\(log)")
    }

    @Test func hostsThatHangAreNotInTheWay() throws {
        let hanging = try Sink(["--rule", "greeting * * hang"])
        let slow = try server.domain(to: hanging)
        let client = try server.smtp(.mx)
        for number in 1...60 {
            try client.deliver(to: ["r\(number)@\(slow)"], "Subject: \(number)\r\n")
        }
        let sink = try Sink()
        let domain = try server.domain(to: sink)
        try server.deliver(to: ["a@\(domain)"], "Subject: quick\r\n\r\n")
        #expect(try sink.messages().count == 1)
    }

    /// More than there are places for sessions fall silent after they have greeted.
    @Test func hostsThatFallSilentAreNotInTheWay() throws {
        let silent = try Sink(["--rule", "rcpt * * hang"])
        let client = try server.smtp(.mx)
        for _ in 1...8 {
            let slow = try server.domain(to: silent)
            for number in 1...6 {
                try client.deliver(to: ["r\(number)@\(slow)"], "Subject: \(number)\r\n")
            }
        }
        let sink = try Sink()
        let domain = try server.domain(to: sink)
        try server.deliver(to: ["a@\(domain)"], "Subject: quick\r\n\r\n")
        #expect(try sink.messages().count == 1)
    }

    @Test func opportunisticTLS() throws {
        let sink = try Sink(try certificate())
        let domain = try server.domain(to: sink)
        try server.deliver(to: ["a@\(domain)"], "Subject: x\r\n\r\n")
        let message = try sink.messages()[0]
        #expect(message.secure == true)
        #expect(try sink.events().contains { $0.tls == "TLSv1.3" })
        #expect(try sink.commands().prefix(3) == ["EHLO mail.example.org", "STARTTLS", "EHLO mail.example.org"])
    }

    /// TLS that does not work is worth no more than none (RFC 7435).
    @Test(arguments: ["broken", "454 4.7.0 TLS not available", "drop"])
    func brokenTLS(_ reply: String) throws {
        let sink = try Sink(try certificate() + ["--rule", "starttls * * \(reply)"])
        let domain = try server.domain(to: sink)
        try server.deliver(to: ["a@\(domain)"], "Subject: x\r\n\r\n")
        guard reply != "drop" else {
            // Whether that is about TLS nobody can tell.
            #expect(try server.waiting("a@\(domain)").contains("4.4.2"))
            return
        }
        #expect(try sink.messages()[0].secure == false)
    }

    @Test(arguments: [
        ("encrypt", "", "4.7.4"), ("verify", "", "4.7.4"), ("encrypt", "broken", "4.7.5"),
        ("encrypt", "454 4.7.0 No TLS now", "4.7.5"), ("verify", "220 Go", "4.7.5"), ("dane", "220 Go", "4.7.5"),
        ("mta-sts", "220 Go", "4.7.5"), ("nonsense", "220 Go", "4.3.5"),
    ])
    func demandedTLSIsNotToBeHad(_ level: String, _ starttls: String, _ status: String) throws {
        let sink = try Sink(
            starttls.isEmpty ? [] : try certificate() + ["--rule", "starttls * * \(starttls)"])
        let domain = try server.domain(to: sink, "martletTLSPolicy: \(level)")
        try server.deliver(to: ["a@\(domain)"], "Subject: x\r\n\r\n")
        let waiting = try server.waiting("a@\(domain)")
        #expect(waiting.contains(status), "\(waiting)")
        #expect(!(try sink.commands().contains { $0.hasPrefix("MAIL") }))
    }

    @Test func encryptTakesAnyCertificate() throws {
        let sink = try Sink(try certificate())
        let domain = try server.domain(to: sink, "martletTLSPolicy: encrypt")
        try server.deliver(to: ["a@\(domain)"], "Subject: x\r\n\r\n")
        #expect(try sink.messages()[0].secure == true)
    }

    @Test func logsInAtASmartHost() throws {
        let sink = try Sink(try certificate() + ["--login", "martlet:relay-secret"], address: "127.0.0.2")
        let domain = try server.domain(to: sink, host: "127.0.0.2")
        try server.deliver(to: ["a@\(domain)"], "Subject: x\r\n\r\n")
        let message = try sink.messages()[0]
        #expect(message.login == "martlet" && message.secure == true)
    }

    @Test(arguments: [true, false]) func wrongPasswordOrNoTLSForIt(_ isTLS: Bool) throws {
        let address = isTLS ? "127.0.0.3" : "127.0.0.2"
        let sink = try Sink(
            (isTLS ? try certificate() : []) + ["--login", "martlet:relay-secret"], address: address)
        let domain = try server.domain(to: sink, host: address)
        try server.deliver(to: ["a@\(domain)"], "Subject: x\r\n\r\n")
        let waiting = try server.waiting("a@\(domain)")
        #expect(waiting.contains(isTLS ? "4.7.8" : "4.7.0"), "\(waiting)")
        let commands = try sink.commands()
        #expect(!commands.contains { $0.hasPrefix("MAIL") || !isTLS && $0.hasPrefix("AUTH") })
    }

    /// The host's certificate is for another name, and nobody has said that this is well.
    @Test func aPasswordGoesToNobodyElse() throws {
        let sink = try Sink(try certificate() + ["--login", "martlet:relay-secret"], address: "127.0.0.4")
        let domain = try server.domain(to: sink, host: "127.0.0.4")
        try server.deliver(to: ["a@\(domain)"], "Subject: x\r\n\r\n")
        let waiting = try server.waiting("a@\(domain)")
        #expect(waiting.contains("4.7.5"), "\(waiting)")
        #expect(!(try sink.commands().contains { $0.hasPrefix("MAIL") || $0.hasPrefix("AUTH") }))
    }

    /// Mail of a domain's users goes through its own smart host.
    @Test func smartHostOfADomain() throws {
        let smart = try Sink(try certificate() + ["--login", "martlet:relay-secret"], address: "127.0.0.2")
        let name = "\(server.newUser().address.prefix { $0 != "@" })-smart"
        let user = SampleUsers.User(address: "\(name)@\(name).example", password: "secret")
        try server.add(RunningMartlet.domainEntry("\(name).example", ["martletSmartHost: 127.0.0.2:\(smart.port)"]))
        try server.add("""
            dn: uid=\(name),ou=\(name).example
            objectClass: inetOrgPerson
            objectClass: martletUser
            uid: \(name)
            cn: Smart
            sn: Smart
            mail: \(user.address)
            userPassword: secret
            """)
        try server.submit("From: \(user.address)\r\nSubject: smart\r\n\r\n", to: ["x@foreign.example"], as: user)
        let message = try smart.messages()[0]
        #expect(message.recipients == ["RCPT TO:<x@foreign.example>"])
        #expect(message.login == "martlet" && message.lines.contains("Subject: smart"))
    }
}
