import Testing
import TestSupport

/// A domain whose accounts two sites share, each with a directory of its own that names both.
@Suite(.ownThreads) struct DistributedDomainTests {
    private struct Site {
        let server: RunningMartlet
        let host: String

        /// - Parameter address: where the site's mail host listens, and connects from.
        init(_ address: String) throws {
            var options = RunningMartlet.Options()
            options.hostname = "mail\(address.split(separator: ".").last ?? "").example.org"
            options.moreListeners = "  site: {service: mx, address: \(address), port: 0}"
            options.sections = "outbound: {source_addresses: [\(address)]}"
            server = try RunningMartlet(options)
            host = "\(address):\(server.port("site"))"
        }

        func join(_ other: Site, having user: String) throws {
            try server.add(
                """
                dn: ou=spread.example
                objectClass: organizationalUnit
                objectClass: domainRelatedObject
                objectClass: martletDomain
                ou: spread.example
                associatedDomain: spread.example
                martletMemberHost: 10 \(host)
                martletMemberHost: 20 \(other.host)

                dn: uid=\(user),ou=spread.example
                objectClass: inetOrgPerson
                objectClass: martletUser
                uid: \(user)
                cn: \(user)
                sn: Singer
                mail: \(user)@spread.example
                userPassword: secret
                """)
        }

        func recipient(_ name: String, _ reply: String) throws {
            let client = try server.smtp(.mx)
            try client.expect("MAIL FROM:<a@elsewhere.example>", "250")
            try client.expect("RCPT TO:<\(name)@spread.example>", reply)
        }
    }

    @Test func eachSiteFindsTheOthersUsers() throws {
        let north = try Site("127.3.0.2")
        let south = try Site("127.3.0.3")
        try north.join(south, having: "nora")
        try south.join(north, having: "susan")
        try north.server.deliver(
            to: ["nora@spread.example", "susan@spread.example"], "Subject: both\r\n\r\nbody")
        for (site, user) in [(north, "nora"), (south, "susan")] {
            let user = SampleUsers.User(address: "\(user)@spread.example", password: "secret")
            #expect(try site.server.messages(of: user)[0].contains("Subject: both"))
        }
        // Each asks the other, who says what it knows itself.
        try north.recipient("eve", "550 5.1.1")
        try south.recipient("eve", "550 5.1.1")
        try south.recipient("nora", "250")
        south.server.kill9()
        try north.recipient("mallory", "451 4.4.1")
        try north.recipient("nora", "250")
        // What was found out serves a while longer.
        try north.recipient("susan", "250")
    }
}
