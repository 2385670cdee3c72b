import Glibc
import TestSupport

/// The built server on a private directory of four users (each with an alias) and a group of them.
final class CrashingServer {
    static let users = ["u0", "u1", "u2", "u3"]
    static let password = "crash-secret"

    let mx: UInt16
    let pop3: UInt16
    private let files: TemporaryDirectory
    private let slapd: PrivateSlapd
    private let binary: String
    private var pid: pid_t = 0

    init() throws {
        files = try TemporaryDirectory()
        var options = SlapdOptions()
        options.ldif = Self.ldif(options.base)
        slapd = try PrivateSlapd(options)
        binary = try Self.builtServer()
        mx = try Loopback.freePort()
        pop3 = try Loopback.freePort()
        let authority = try CertificateAuthority(in: files.path)
        let certificate = try authority.issue("server")
        try TextFile.write(
            """
            hostname: mail.example.org
            state: \(files.path)/mail
            listeners:
              mx: {address: 127.0.0.1, port: \(mx)}
              pop3: {address: 127.0.0.1, port: \(pop3), login_without_tls: true}
            tls:
              certificates: [{chain: \(certificate.certificate), key: \(certificate.key)}]
            directory:
              uri: \(slapd.uri)
              base: "\(options.base)"
              bind: {dn: "\(slapd.adminDN)", password: \(slapd.adminPassword)}
              start_tls: none
              preset: martlet
            storage: {minimum_free: 1M}
            """, to: "\(files.path)/martlet.yaml")
        mkdir("\(files.path)/mail", 0o700)
    }

    /// Starts it and waits until it answers.
    func start() throws {
        pid = try ChildProcess.start(
            [binary, "serve", "--config", "\(files.path)/martlet.yaml"], output: "\(files.path)/log")
        for _ in 0..<12_000 {
            if ChildProcess.hasEnded(pid) {
                throw TestFailure("the server ended: \(try TextFile.read("\(files.path)/log").suffix(2000))")
            }
            if try Loopback.accepts(port: mx), try Loopback.accepts(port: pop3) { return }
            usleep(5000)
        }
        throw TestFailure("the server does not listen")
    }

    func kill() {
        Glibc.kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        pid = 0
    }

    /// Stops it in good order, so that all it has accepted is delivered when it is back.
    func restart() throws {
        Glibc.kill(pid, SIGTERM)
        for _ in 0..<12_000 {
            if ChildProcess.hasEnded(pid) {
                pid = 0
                return try start()
            }
            usleep(5000)
        }
        throw TestFailure("the server does not end")
    }

    func end() {
        if pid > 0 { ChildProcess.end(pid) }
    }

    /// Beside the test bundle.
    private static func builtServer() throws -> String {
        guard let bundle = CommandLine.arguments.first(where: { $0.hasSuffix(".xctest") }),
            let end = bundle.lastIndex(of: "/")
        else { throw TestFailure("which build is it? \(CommandLine.arguments)") }
        return String(bundle[..<end]) + "/martlet"
    }

    private static func ldif(_ base: String) -> String {
        var ldif = """
            dn: ou=example.org,\(base)
            objectClass: organizationalUnit
            objectClass: domainRelatedObject
            objectClass: martletDomain
            ou: example.org
            associatedDomain: example.org
            martletStatus: active


            """
        for user in users {
            ldif += """
                dn: uid=\(user),\(base)
                objectClass: inetOrgPerson
                objectClass: martletUser
                uid: \(user)
                cn: \(user)
                sn: \(user)
                mail: \(user)@example.org
                mailLocalAddress: alias-\(user)@example.org
                userPassword: \(password)


                """
        }
        ldif += """
            dn: cn=all,\(base)
            objectClass: groupOfNames
            objectClass: martletGroup
            cn: all
            mail: all@example.org
            \(users.map { "member: uid=\($0),\(base)" }.joined(separator: "\n"))

            """
        return ldif
    }
}
