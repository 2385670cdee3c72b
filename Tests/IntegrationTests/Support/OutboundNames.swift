import Foundation
import Synchronization
import TestSupport

/// A server that finds its peers by DNS: a name server of its own, and policies on a web server.
/// Each test has domains and addresses (127.0.1.x) of its own there.
final class OutboundNames: Sendable {
    let server: RunningMartlet
    /// Where MX hosts listen.
    let port: Int
    private let names: NameServer
    private let policies: PolicyHost
    private let pairs: [String: Certificates.Pair]

    /// Ends with the process of the tests.
    static let shared: Result<OutboundNames, any Error> = {
        atexit {
            guard case .success(let names) = OutboundNames.shared else { return }
            names.names.stop()
            names.policies.stop()
        }
        return Result { try OutboundNames() }
    }()

    private init() throws {
        port = Int(try Loopback.freePort())
        let authority = try Certificates.shared.get().authority
        var pairs: [String: Certificates.Pair] = [:]
        for host in ["mx.good.signed.test", "mx.ta.signed.test", "mx.right.sts.test", "stranger.test"] {
            let pair = try authority.issue(host, alternativeNames: ["DNS:\(host)"])
            // An authority that TLSA records name must be shown (RFC 7671 section 5.2.2).
            let chain = try TextFile.read(pair.certificate) + TextFile.read(authority.certificate)
            try TextFile.write(chain, to: pair.certificate)
            pairs[host] = .init(certificate: pair.certificate, key: pair.key)
        }
        self.pairs = pairs
        policies = try PolicyHost(
            [
                "right.sts.test": ["mode: enforce", "mx: *.right.sts.test"],
                "wrong.sts.test": ["mode: enforce", "mx: mx.wrong.sts.test"],
                "notls.sts.test": ["mode: enforce", "mx: mx.notls.sts.test"],
                "other.sts.test": ["mode: enforce", "mx: mx.elsewhere.test"],
                "waived.sts.test": ["mode: enforce", "mx: mx.waived.sts.test"],
                "testing.sts.test": ["mode: testing", "mx: mx.elsewhere.test"],
            ], domains: Self.policyDomains)
        names = try NameServer.start(zones: [
            Zone(name: "plain.test", text: Self.plain),
            Zone(
                name: "signed.test", text: try Self.signed(port, pairs, authority), isSigned: true,
                forgeries: ["03010101": "03010102"]),
            Zone(name: "sts.test", text: Self.sts),
        ])
        server = try RunningMartlet(
            .init(sections: """
                authentication: {maximum_delay: 5ms}
                limits: {sessions_per_address: 1000}
                queue: {first_remote_delay: 1s, maximum_delay: 10s}
                dns: {servers: ["\(names.address)"], trust_anchor: \(names.trustAnchorFile)}
                outbound:
                  port: \(port)
                  policy_port: \(policies.port)
                  failure_memory: 1s
                  tls_policies: {kept.plain.test: encrypt, client.plain.test: encrypt, insecure.plain.test: dane}
                  client_certificate: {chain: \(pairs["stranger.test"]!.certificate), key: \(pairs["stranger.test"]!.key)}
                  authorities: \(authority.certificate)
                """), endsWithProcess: true)
    }

    /// A peer at one of the addresses.
    func sink(_ address: String, certificate: String? = nil, _ arguments: String...) throws -> Sink {
        var all = arguments
        if let certificate, let pair = pairs[certificate] {
            all += ["--certificate", pair.certificate, "--key", pair.key]
        }
        return try Sink(all, address: address, port: port)
    }

    private static let plain = """
        fallback MX 10 mx.away
        fallback MX 20 mx.there
        mx.away A 127.0.1.1
        mx.there A 127.0.1.2
        ordered MX 20 mx.second
        ordered MX 10 mx.first
        mx.first A 127.0.1.3
        mx.second A 127.0.1.4
        null MX 0 .
        loop MX 10 mail.example.org.
        unsure MX 10 mx.unserved.example.
        unsure MX 20 mail.example.org.
        less MX 10 mx.better
        less MX 20 mail.example.org.
        less MX 30 mx.worse
        mx.better A 127.0.1.5
        mx.worse A 127.0.1.6
        implicit A 127.0.1.7
        two MX 10 mx.two
        mx.two A 127.0.1.8
        mx.two A 127.0.1.9
        alias MX 10 mx.alias
        mx.alias CNAME mx.real
        mx.real A 127.0.1.10
        nohost MX 10 nothing
        text TXT "no mail here"
        open MX 10 mx.open
        mx.open A 127.0.1.11
        require MX 10 mx.require
        mx.require A 127.0.1.12
        busy MX 10 mx.busy
        busy MX 20 mx.idle
        mx.busy A 127.0.1.13
        mx.idle A 127.0.1.14
        six MX 10 mx.six
        mx.six AAAA ::1
        client MX 10 mx.client
        mx.client A 127.0.1.16
        insecure MX 10 mx.insecure
        mx.insecure A 127.0.1.17
        kept MX 10 mx.kept
        mx.kept A 127.0.1.15
        """

    /// For each domain the last number of its MX host's address.
    private static func signed(
        _ port: Int, _ pairs: [String: Certificates.Pair], _ authority: CertificateAuthority
    ) throws -> String {
        let right = try digest(pairs["mx.good.signed.test"]?.certificate ?? "", publicKey: true)
        let issuer = try digest(authority.certificate, publicKey: false)
        let wrong = String(repeating: "ab", count: 32)
        let hosts: [(String, Int, String?)] = [
            ("good", 20, "3 1 1 \(right)"), ("wrong", 21, "3 1 1 \(wrong)"), ("notls", 22, "3 1 1 \(right)"),
            ("none", 23, nil), ("unusable", 24, "1 1 1 \(right)"), ("ta", 25, "2 0 1 \(issuer)"),
            ("bogus", 26, "3 1 1 03010101\(right.dropFirst(8))"), ("strict", 27, "3 1 1 \(right)"),
            ("unpromised", 30, "3 1 1 \(right)"), ("waived", 28, "3 1 1 \(wrong)"), ("forwarded", 29, "3 1 1 \(right)"),
        ]
        return hosts.map { name, number, record in
            """
            \(name) MX 10 mx.\(name)
            mx.\(name) A 127.0.1.\(number)
            \(record.map { "_\(port)._tcp.mx.\(name) TLSA \($0)" } ?? "")
            """
        }.joined(separator: "\n")
    }

    private static let policyDomains = ["right", "wrong", "notls", "other", "testing", "lost", "waived"].map { "\($0).sts.test" }

    private static var sts: String {
        policyDomains.enumerated().map { number, domain in
            """
            \(domain). MX 10 mx.\(domain).
            mx.\(domain). A 127.0.1.\(40 + number)
            mta-sts.\(domain). A 127.0.0.1
            _mta-sts.\(domain). TXT "v=STSv1; id=1;"
            """
        }.joined(separator: "\n")
    }

    /// SHA-256 of a certificate or of its key.
    private static func digest(_ certificate: String, publicKey: Bool) throws -> String {
        let form = publicKey ? "-pubkey -noout | openssl pkey -pubin -outform DER" : "-outform DER"
        let result = try Tool.run([
            "/bin/sh", "-c", "openssl x509 -in \"$0\" \(form) | openssl dgst -sha256 -r", certificate,
        ])
        return String(result.output.prefix(64))
    }
}
