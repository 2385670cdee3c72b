import Testing
import TestSupport

/// What domains' entries allow of one message.
@Suite(.ownThreads) struct DomainLimitTests {
    private let server: RunningMartlet
    private let domain: String
    private let other: String
    /// Who has an address in `domain`.
    private let user: SampleUsers.User

    init() throws {
        server = try RunningMartlet.shared.get()
        let name = server.newUser().address.prefix { $0 != "@" }
        (domain, other) = ("\(name).limited.example", "\(name).smaller.example")
        try server.add(
            RunningMartlet.domainEntry(
                domain, ["martletMaximumRecipients: 2", "martletMaximumMessageSize: 20K", "martletCatchAll: alice@example.org"]))
        try server.add(
            RunningMartlet.domainEntry(
                other, ["martletMaximumMessageSize: 10K", "martletCatchAll: alice@example.org"]))
        user = .init(address: "sender@\(domain)", password: "limited-secret")
        try server.add(
            """
            dn: uid=sender.\(name)
            objectClass: inetOrgPerson
            objectClass: martletUser
            uid: sender.\(name)
            cn: Sender
            sn: Sender
            mail: \(user.address)
            userPassword: \(user.password)

            """)
    }

    private static func message(_ size: Int) -> String {
        "Subject: large\r\n\r\n" + String(repeating: String(repeating: "x", count: 62) + "\r\n", count: size / 64) + "."
    }

    @Test func mailFromElsewhere() throws {
        let client = try server.smtp(.mx)
        // Announced: the domains that do not take it.
        try client.expect("MAIL FROM:<a@elsewhere.example> SIZE=15000", "250")
        try client.expect("RCPT TO:<a@\(other)>", "552 5.3.4")
        try client.expect("RCPT TO:<a@\(domain)>", "250")
        try client.expect("RCPT TO:<b@\(domain)>", "250")
        try client.expect("RCPT TO:<c@\(domain)>", "452 4.5.3")
        // Others have places still.
        try client.expect("RCPT TO:<alice@example.org>", "250")
        try client.expect("DATA", "354")
        try client.expect(Self.message(15000), "250 2.0.0")
        // Not announced: the least counts.
        try client.expect("MAIL FROM:<a@elsewhere.example>", "250")
        for recipient in ["a@\(domain)", "a@\(other)", "alice@example.org"] {
            try client.expect("RCPT TO:<\(recipient)>", "250")
        }
        try client.expect("DATA", "354")
        try client.expect(Self.message(15000), "552 5.3.4")
        try client.expect("MAIL FROM:<a@elsewhere.example>", "250")
        try client.expect("RCPT TO:<a@\(domain)>", "250")
        try client.expect("DATA", "354")
        try client.expect(Self.message(15000), "250 2.0.0")
        // A new transaction counts anew.
        try client.expect("MAIL FROM:<a@elsewhere.example>", "250")
        try client.expect("RCPT TO:<alice@example.org>", "250")
        try client.expect("BDAT 30000 LAST\r\n" + String(repeating: "x\r\n", count: 10000).dropLast(), "250 2.0.0")
        try client.expect("MAIL FROM:<a@elsewhere.example>", "250")
        try client.expect("RCPT TO:<a@\(domain)>", "250")
        try client.expect("BDAT 30000 LAST\r\n" + String(repeating: "x\r\n", count: 10000).dropLast(), "552 5.3.4")
    }

    /// The sender's domain counts, wherever the mail goes.
    @Test func mailOfUsers() throws {
        let client = try server.smtp(.user, as: user)
        try client.expect("MAIL FROM:<\(user.address)> SIZE=30000", "552 5.3.4")
        try client.expect("MAIL FROM:<\(user.address)> SIZE=15000", "250")
        for recipient in ["alice@example.org", "a@\(other)"] { try client.expect("RCPT TO:<\(recipient)>", "250") }
        try client.expect("RCPT TO:<bob@example.org>", "452 4.5.3")
        try client.expect("DATA", "354")
        try client.expect(Self.message(15000), "250 2.0.0")
        try client.expect("MAIL FROM:<\(user.address)>", "250")
        try client.expect("RCPT TO:<alice@example.org>", "250")
        try client.expect("DATA", "354")
        try client.expect(Self.message(30000), "552 5.3.4")
        // A user of a domain without limits may send more, and to more.
        let alice = try server.smtp(.user)
        try alice.expect("MAIL FROM:<alice@example.org> SIZE=30000", "250")
        for recipient in ["a@\(domain)", "b@\(domain)", "c@\(domain)"] { try alice.expect("RCPT TO:<\(recipient)>", "250") }
    }
}
