internal import DKIM
internal import DNS
internal import Delivery
internal import Directory
internal import Logging
internal import Spool
internal import TLSPolicy
internal import Transport

/// What carries mail to other hosts, asks them for addresses, and lets users in there.
struct OutboundParts: Sendable {
    let remote: RemoteDelivery
    let inquirer: HostInquirer
    /// Nil when the configuration has no proxy.
    let proxy: LoginProxy?
    let connector: Connector
    let dns: DNSResolver
    let reports: TLSReportLog
    private let fetcher: PolicyFetcher
    /// By the section of the configuration that names their files.
    private let contexts: [(section: String, TLSClientContext)]

    /// Reads keys and certificates.
    /// - Throws: `ServerStartError` naming what can't be used.
    init(
        _ configuration: ServerConfiguration, spool: Spool, directory: Directory,
        transport: TransportGroup, listeners: ListenerTable, logger: Logger
    ) async throws {
        let tls: TLSClientContext
        do {
            tls = try TLSClientContext(configuration: configuration.tlsClientConfiguration)
        } catch {
            throw ServerStartError("outbound: \(error)\(AccessAdvice.reading(error.file))")
        }
        do {
            dns = try DNSResolver(configuration: configuration.dnsConfiguration, logger: logger)
        } catch {
            throw ServerStartError("\(error)")
        }
        connector = Connector(group: transport, writeTimeout: configuration.limits.writeTimeout)
        let keys = try Self.keys(configuration.dkim)
        let fetcher = PolicyFetcher(configuration.policyFetcherConfiguration)
        self.fetcher = fetcher
        let policies = await MTASTSPolicyStore(
            .init(directory: configuration.stateDirectory + "/tls-policy"),
            source: PublishedPolicies(dns: dns, fetcher: fetcher), logger: logger)
        reports = TLSReportLog(
            .init(
                directory: configuration.stateDirectory + "/tls-reports",
                organization: configuration.hostName,
                contact: "postmaster@\(configuration.hostName)", host: configuration.hostName),
            logger: logger)
        let isOurs: @Sendable (HostAddress) -> Bool = { listeners.hasListener(at: $0) }
        remote = RemoteDelivery(
            configuration: configuration.outboundConfiguration, spool: spool,
            directory: directory, connector: connector, tls: tls, dns: dns,
            policies: policies, reports: reports,
            signer: keys.isEmpty
                ? nil : MessageSigner(keys: keys, directory: directory, logger: logger),
            isOurs: isOurs)
        let finder = HostFinder(
            configuration: configuration.outboundConfiguration, dns: dns, isOurs: isOurs)
        inquirer = HostInquirer(
            configuration: configuration.inquiryConfiguration, connector: connector, tls: tls,
            finder: finder, logger: logger)
        let proxyTLS = try Self.proxyTLS(configuration)
        proxy = Self.proxy(configuration, connector, proxyTLS, finder, logger)
        contexts = [("outbound", tls)] + (proxyTLS.map { [("proxy", $0)] } ?? [])
    }

    /// Reads the files of clients' TLS again.
    func reload(_ logger: Logger) {
        for (section, context) in contexts {
            do {
                if try context.reload() { logger.notice("reloaded", metadata: ["tls": "\(section)"]) }
            } catch {
                logger.error("TLS of \(section) not reloaded, the old one stays: \(error)")
            }
        }
    }

    /// Home servers are our own: they have nothing to do with the hosts that mail goes to.
    private static func proxyTLS(
        _ configuration: ServerConfiguration
    ) throws(ServerStartError) -> TLSClientContext? {
        guard let proxy = configuration.proxy else { return nil }
        do {
            return try TLSClientContext(configuration: .init(authorities: proxy.authorities))
        } catch {
            throw ServerStartError(
                "proxy.authorities: \(error)\(AccessAdvice.reading(error.file))")
        }
    }

    private static func proxy(
        _ configuration: ServerConfiguration, _ connector: Connector, _ tls: TLSClientContext?,
        _ finder: HostFinder, _ logger: Logger
    ) -> LoginProxy? {
        guard let proxy = configuration.loginProxyConfiguration, let tls else { return nil }
        return LoginProxy(
            configuration: proxy, connector: connector, tls: tls, finder: finder, logger: logger)
    }

    /// When nothing is delivered any more.
    func stop() async {
        fetcher.stop()
        await remote.close()
        await inquirer.close()
        await reports.flush()
        await connector.shutDown()
        await dns.shutDown()
    }

    private static func keys(_ settings: DKIMSettings) throws(ServerStartError) -> [String: DKIMKey] {
        var keys: [String: DKIMKey] = [:]
        for (name, key) in settings.keys {
            do {
                keys[name] = try DKIMKey(file: key.file, selector: key.selector)
            } catch {
                throw ServerStartError(
                    "dkim.keys.\(name): \(key.file): \(error)\(AccessAdvice.reading(key.file))")
            }
        }
        return keys
    }
}
