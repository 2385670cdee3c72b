import Testing
import TestSupport

/// Where the directory leads a message, seen in the mailboxes and in the queue.
@Suite(.ownThreads) struct RoutingTests {
    let server: RunningMartlet

    init() throws { server = try RunningMartlet.shared.get() }

    @Test func traceLines() throws {
        let user = server.newUser()
        let id = try server.deliver(to: [user.address], "Subject: trace\r\n\r\nbody")
        let lines = try server.messages(of: user)[0]
        #expect(lines[0] == "Return-Path: <sender@elsewhere.example>")
        #expect(lines[1] == "Delivered-To: \(user.address)")
        #expect(lines[2] == "Received: from client.example ([127.0.0.1])")
        #expect(lines[3] == "\tby mail.example.org with ESMTP id \(id)")
        #expect(lines[4] == "\tfor <\(user.address)>;")
        #expect(lines.suffix(3) == ["Subject: trace", "", "body"])
    }

    /// RFC 3848, RFC 6531 section 4.3.
    @Test(arguments: [
        (RunningMartlet.Stage.mx, "HELO client.example", "", " with SMTP "),
        (.mx, "EHLO client.example", "", " with ESMTP "),
        (.mx, "EHLO client.example", " SMTPUTF8", " with UTF8SMTP "),
        (.mxTLS, "EHLO client.example", "", " with ESMTPS (TLSv1.3 TLS_"),
        (.mxTLS, "EHLO client.example", " SMTPUTF8", " with UTF8SMTPS ("),
        (.user, "EHLO client.example", "", " with ESMTPSA (TLSv1.3 TLS_"),
        (.user, "EHLO client.example", " SMTPUTF8", " with UTF8SMTPSA ("),
    ])
    func protocolNames(
        _ stage: RunningMartlet.Stage, _ hello: String, _ parameters: String, _ keyword: String
    ) throws {
        let user = server.newUser()
        let client = try server.smtp(stage, as: user)
        try client.expect(hello, "250")
        try client.expect("MAIL FROM:<\(stage == .user ? user.address : "a@elsewhere.example")>\(parameters)", "250")
        try client.expect("RCPT TO:<\(user.address)>", "250")
        try client.expect("DATA", "354")
        try client.expect("Subject: x\r\n\r\n.", "250")
        #expect(try server.messages(of: user)[0][3].contains(keyword))
    }

    @Test func severalRecipientsDoNotLearnOfEachOther() throws {
        let users = [server.newUser(), server.newUser()]
        try server.deliver(to: users.map(\.address), "Subject: both\r\n\r\n")
        for (user, other) in [(users[0], users[1]), (users[1], users[0])] {
            let message = try server.messages(of: user)[0]
            #expect(message.contains("Delivered-To: \(user.address)"))
            #expect(!message.contains { $0.contains(other.address) || $0.contains("for <") })
        }
    }

    @Test func aliasSubaddressAndAliasDomain() throws {
        let user = server.newUser()
        let name = user.address.prefix { $0 != "@" }
        try server.add("""
            dn: cn=alias-\(name),ou=groups,ou=example.org
            objectClass: nisMailAlias
            objectClass: inetLocalMailRecipient
            cn: alias-\(name)
            mailLocalAddress: alias-\(name)@example.org
            rfc822MailMember: \(user.address)
            """)
        let addresses = ["alias-\(name)@example.org", "\(name)+lists@example.org", "\(name)@example.com", "\(name)+x@EXAMPLE.COM"]
        for address in addresses { try server.deliver(to: [address], "X-To: \(address)\r\n\r\n") }
        let messages = try server.messages(of: user, count: 4)
        #expect(addresses.allSatisfy { address in messages.contains { $0.contains("X-To: \(address)") } })
        // All at once: it is one mailbox.
        try server.deliver(to: addresses + [user.address], "Subject: once\r\n\r\n")
        #expect(try server.messages(of: user, count: 5).count == 5)
    }

    @Test func nestedGroupWithAnExternalMember() throws {
        let users = (0..<3).map { _ in server.newUser() }
        let group = "group-\(users[0].address.prefix { $0 != "@" })"
        try server.add("""
            dn: cn=\(group)-inner,ou=groups,ou=example.org
            objectClass: groupOfNames
            objectClass: martletGroup
            cn: \(group)-inner
            mail: \(group)-inner@example.org
            member: \(SampleUsers.dn(users[0]))
            member: \(SampleUsers.dn(users[1]))
            rfc822MailMember: \(group)@elsewhere.example

            dn: cn=\(group),ou=groups,ou=example.org
            objectClass: groupOfNames
            objectClass: martletGroup
            cn: \(group)
            mail: \(group)@example.org
            member: cn=\(group)-inner,ou=groups,ou=example.org,ou=mail,dc=example,dc=org
            member: \(SampleUsers.dn(users[1]))
            member: \(SampleUsers.dn(users[2]))
            """)
        let id = try server.deliver(to: ["\(group)@example.org"], "Subject: all\r\n\r\n")
        for user in users { #expect(try server.messages(of: user).count == 1) }
        let waiting = try eventually { try server.queue().first { $0.contains("\"id\":\"\(id)\"") && $0.contains("deferred") } }
        #expect(waiting.contains("\"address\":\"\(group)@elsewhere.example\""))
        #expect(waiting.contains("\"original\":\"\(group)@example.org\""))
        #expect(!waiting.contains("\"address\":\"\(users[0].address)"), "who has it does not wait")
        let shown = try server.martlet("queue", "show", id)
        #expect(shown.status == 0 && shown.output.contains("Subject: all") && shown.output.contains("deferred"))
    }

    @Test func groupsInACircle() throws {
        let user = server.newUser()
        let group = "circle-\(user.address.prefix { $0 != "@" })"
        try server.add("""
            dn: cn=\(group)-a,ou=groups,ou=example.org
            objectClass: groupOfNames
            objectClass: martletGroup
            cn: \(group)-a
            mail: \(group)-a@example.org
            member: cn=\(group)-b,ou=groups,ou=example.org,ou=mail,dc=example,dc=org

            dn: cn=\(group)-b,ou=groups,ou=example.org
            objectClass: groupOfNames
            objectClass: martletGroup
            cn: \(group)-b
            mail: \(group)-b@example.org
            member: cn=\(group)-a,ou=groups,ou=example.org,ou=mail,dc=example,dc=org
            member: \(SampleUsers.dn(user))
            """)
        try server.deliver(to: ["\(group)-a@example.org", "\(group)-b@example.org"], "Subject: x\r\n\r\n")
        #expect(try server.messages(of: user).count == 1)
    }

    @Test func forwardingInACircleIsRefused() throws {
        let (a, b) = (server.newUser(), server.newUser())
        try server.change(a, "add: martletForwardingAddress\nmartletForwardingAddress: \(b.address)")
        try server.change(b, "add: martletForwardingAddress\nmartletForwardingAddress: \(a.address)")
        let client = try server.smtp(.mx)
        try client.expect("MAIL FROM:<a@elsewhere.example>", "250")
        try client.expect("RCPT TO:<\(a.address)>", "550 5.4.6")
    }

    @Test func forwardingToOneselfDeliversOnce() throws {
        let user = server.newUser()
        try server.change(user, """
            add: martletForwardingAddress
            martletForwardingAddress: \(user.address)
            -
            add: martletKeepCopy
            martletKeepCopy: TRUE
            """)
        try server.deliver(to: [user.address], "Subject: x\r\n\r\n")
        #expect(try server.messages(of: user).count == 1)
    }

    @Test func forwardingWithAndWithoutACopy() throws {
        let (keeps, passes, target) = (server.newUser(), server.newUser(), server.newUser())
        try server.change(keeps, """
            add: martletForwardingAddress
            martletForwardingAddress: \(target.address)
            -
            add: martletKeepCopy
            martletKeepCopy: TRUE
            """)
        try server.change(passes, "add: martletForwardingAddress\nmartletForwardingAddress: \(target.address)")
        try server.deliver(to: [keeps.address], "Subject: kept\r\n\r\n")
        try server.deliver(to: [passes.address], "Subject: passed\r\n\r\n")
        #expect(try server.messages(of: target, count: 2).count == 2)
        #expect(try server.messages(of: keeps).count == 1)
        try (try server.pop3(passes)).ask("STAT", "+OK 0 0$")
    }

    @Test func catchAllAndANewDomainAtOnce() throws {
        let user = server.newUser()
        let domain = "\(user.address.prefix { $0 != "@" }).example"
        try server.add("""
            dn: ou=\(domain)
            objectClass: organizationalUnit
            objectClass: domainRelatedObject
            objectClass: martletDomain
            ou: \(domain)
            associatedDomain: \(domain)
            martletStatus: active
            martletCatchAll: \(user.address)
            """)
        try server.deliver(to: ["whoever@\(domain)"], "Subject: caught\r\n\r\n")
        #expect(try server.messages(of: user)[0].contains("\tfor <whoever@\(domain)>;"))
    }
}
