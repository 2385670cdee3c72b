import TestSupport

/// Two servers with one directory: mail.example.org, whom the clients know, and mail.example.net, the home
/// of the users that say so.
struct TwoServers {
    enum Credentials: String {
        case none = ""
        /// Those of a user who may act as `carol`.
        case ofProxyUser = "user: bob@example.org, password: bob-secret,"
        case wrong = "user: bob@example.org, password: wrong,"
    }

    let back: RunningMartlet
    let front: RunningMartlet
    private let names: NameServer

    /// - Parameters:
    ///   - tls: `verify` or `encrypt`.
    ///   - hasRightName: the home server's certificate is for it.
    init(
        _ credentials: Credentials = .none, tls: String = "verify", startsTLS: Bool = false,
        hasRightName: Bool = true, mode: String = "proxy"
    ) throws {
        let certificates = try Certificates.shared.get()
        var options = RunningMartlet.Options()
        options.hostname = "mail.example.net"
        let shown = hasRightName ? certificates.net : certificates.org
        options.certificates = [(shown.certificate, shown.key)]
        back = try RunningMartlet(options)
        names = try NameServer.start(zones: [
            Zone(name: "example.net", text: "mail IN A 127.0.0.1")
        ])
        options = RunningMartlet.Options()
        let imap = back.port(startsTLS ? "imap" : "imaps")
        let pop3 = back.port(startsTLS ? "pop3" : "pop3s")
        options.sections = """
            dns: {servers: ["\(names.address)"], dnssec: false}
            outbound: {tls: encrypt}
            authentication: {maximum_delay: 5ms}
            proxy: {imap_port: \(imap), pop3_port: \(pop3), tls: \(tls), starttls: \(startsTLS),
              \(credentials.rawValue) authorities: \(certificates.authority.certificate), imap: \(mode)}
            """
        front = try RunningMartlet(options, slapd: back.slapd)
    }

    /// A user whose home is the back, with the port for mail.
    func newUser() throws -> SampleUsers.User {
        let user = front.newUser()
        try moveHome(user)
        return user
    }

    func moveHome(_ user: SampleUsers.User) throws {
        try front.change(user, "add: mailHost\nmailHost: mail.example.net:\(back.port("mx"))")
    }
}
