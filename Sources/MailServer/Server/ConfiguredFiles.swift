internal import DKIM
internal import DNS
internal import Directory
internal import Logging
internal import Transport

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// What stands in the files that the configuration names. `serve` runs with it, and `martlet check`
/// reads it in the same way.
struct ConfiguredFiles: Sendable {
    let tls: TLSServerContext
    let outbound: TLSClientContext
    /// Nil when the configuration has no proxy.
    let proxy: TLSClientContext?
    /// By the names that domain entries use.
    let dkim: [String: DKIMKey]

    private static let authorities = "a PEM file with the certificates of authorities"

    /// Reads them all.
    /// - Throws: `ServerStartError` with every setting that names what can't be used.
    init(_ configuration: ServerConfiguration) throws(ServerStartError) {
        var problems: [UnusableSetting] = []
        func read<Value>(_ read: (ServerConfiguration) throws(UnusableSetting) -> Value) -> Value? {
            do throws(UnusableSetting) {
                return try read(configuration)
            } catch {
                problems.append(error)
                return nil
            }
        }
        let tls = read(Self.serverTLS)
        let outbound = read(Self.outboundTLS)
        let proxy = read(Self.proxyTLS)
        _ = read(Self.directoryTLS)
        var keys: [String: DKIMKey] = [:]
        for name in configuration.dkim.keys.keys.sorted() {
            keys[name] = read { configuration throws(UnusableSetting) in
                try Self.key(name, configuration.dkim.keys[name]!)
            }
        }
        guard problems.isEmpty, let tls, let outbound, let proxy else {
            throw ServerStartError(problems, in: configuration.file)
        }
        (self.tls, self.outbound, self.proxy, dkim) = (tls, outbound, proxy, keys)
    }

    // MARK: TLS

    private static func serverTLS(
        _ configuration: ServerConfiguration
    ) throws(UnusableSetting) -> TLSServerContext {
        do {
            return try TLSServerContext(configuration: configuration.tlsConfiguration)
        } catch {
            if error.file == configuration.tls.clientAuthorities {
                throw setting("tls.client_authorities", error, authorities)
            }
            let pairs = configuration.tls.certificates
            let index = pairs.firstIndex { [$0.chain, $0.key].contains(error.file) } ?? 0
            throw setting("tls.certificates[\(index)]", pairs[index], error)
        }
    }

    /// For looking at other hosts' records only.
    /// - Throws: `ServerStartError` with the setting that names what can't be used.
    static func outboundContext(
        _ configuration: ServerConfiguration
    ) throws(ServerStartError) -> TLSClientContext {
        do {
            return try outboundTLS(configuration)
        } catch {
            throw ServerStartError([error], in: configuration.file)
        }
    }

    private static func outboundTLS(
        _ configuration: ServerConfiguration
    ) throws(UnusableSetting) -> TLSClientContext {
        do {
            return try TLSClientContext(configuration: configuration.tlsClientConfiguration)
        } catch {
            guard let pair = configuration.outbound.clientCertificate,
                [pair.chain, pair.key].contains(error.file)
            else { throw setting("outbound.authorities", error, authorities) }
            throw setting("outbound.client_certificate", pair, error)
        }
    }

    /// Home servers are our own: they have nothing to do with the hosts that mail goes to.
    private static func proxyTLS(
        _ configuration: ServerConfiguration
    ) throws(UnusableSetting) -> TLSClientContext? {
        guard let proxy = configuration.proxy else { return nil }
        do {
            return try TLSClientContext(configuration: .init(authorities: proxy.authorities))
        } catch {
            throw setting("proxy.authorities", error, authorities)
        }
    }

    /// Only read to see that it can be: libldap reads it again for each connection, and would tell no
    /// more than that TLS can't be had. What the configuration does not name may be missing.
    private static func directoryTLS(
        _ configuration: ServerConfiguration
    ) throws(UnusableSetting) {
        let connection = configuration.directory.connection
        guard connection.verifiesCertificate,
            connection.authorities != TLSClientConfiguration.systemAuthorities
        else { return }
        guard access(connection.authorities + "/.", F_OK) != 0 else {
            throw UnusableSetting(
                key: "directory.authorities", value: connection.authorities, problem: "is a folder",
                expected: authorities)
        }
        do {
            _ = try TLSClientContext(configuration: .init(authorities: connection.authorities))
        } catch {
            throw setting("directory.authorities", error, authorities)
        }
    }

    private static func setting(
        _ key: String, _ pair: TLSSettings.Certificate, _ error: TLSConfigurationError
    ) -> UnusableSetting {
        error.file == pair.key && pair.key != pair.chain
            ? setting("\(key).key", error, "a PEM file with the certificate's private key")
            : setting("\(key).chain", error, "a PEM file: the certificate, then its chain")
    }

    private static func setting(
        _ key: String, _ error: TLSConfigurationError, _ expected: String
    ) -> UnusableSetting {
        UnusableSetting(
            key: key, value: error.file,
            problem: error.problem + AccessAdvice.reading(error.file), expected: expected)
    }

    // MARK: Keys

    private static func key(
        _ name: String, _ key: DKIMSettings.Key
    ) throws(UnusableSetting) -> DKIMKey {
        do {
            return try DKIMKey(file: key.file, selector: key.selector)
        } catch {
            let problem: String
            switch error {
            case .badName:
                throw UnusableSetting(
                    key: "dkim.keys.\(name).selector", value: key.selector,
                    problem: "is not a DNS name in ASCII", expected: "the selector of its DNS record")
            case .badFile(_, let cause): problem = cause + AccessAdvice.reading(key.file)
            default: problem = error.description
            }
            throw UnusableSetting(
                key: "dkim.keys.\(name).file", value: key.file, problem: problem,
                expected: "a PEM file as `martlet dkim create` makes it")
        }
    }

    // MARK: DNS

    /// Not among the files: it begins to work.
    /// - Throws: `ServerStartError`; without a setting when none is to blame.
    static func resolver(
        _ configuration: ServerConfiguration, logger: Logger
    ) throws(ServerStartError) -> DNSResolver {
        do {
            return try DNSResolver(configuration: configuration.dnsConfiguration, logger: logger)
        } catch {
            let setting: UnusableSetting
            if configuration.dns.servers.contains(error.subject) {
                setting = UnusableSetting(
                    key: "dns.servers", value: error.subject, problem: error.problem,
                    expected: "ADDRESS or ADDRESS@PORT, as in 127.0.0.1@5353")
            } else if configuration.dns.validates, let anchor = configuration.dns.trustAnchor {
                setting = UnusableSetting(
                    key: "dns.trust_anchor", value: anchor,
                    problem: (error.subject.isEmpty ? "holds no keys" : error.problem)
                        + AccessAdvice.reading(anchor),
                    expected: "a file of DS or DNSKEY records")
            } else {
                throw ServerStartError("DNS: \(error)")
            }
            throw ServerStartError([setting], in: configuration.file)
        }
    }
}
