import TestSupport

/// What the servers under test show: made once for the process.
struct Certificates: Sendable {
    struct Pair: Sendable {
        var certificate: String
        var key: String
    }

    let files: TemporaryDirectory
    let authority: CertificateAuthority
    let org: Pair
    let net: Pair

    static let shared = Result { try Certificates() }

    private init() throws {
        files = try TemporaryDirectory()
        authority = try CertificateAuthority(in: files.path)
        org = try Self.issue("mail.example.org", authority)
        net = try Self.issue("mail.example.net", authority)
    }

    static func issue(_ name: String, _ authority: CertificateAuthority) throws -> Pair {
        let pair = try authority.issue(name, alternativeNames: ["DNS:\(name)", "IP:127.0.0.1"])
        return Pair(certificate: pair.certificate, key: pair.key)
    }
}
