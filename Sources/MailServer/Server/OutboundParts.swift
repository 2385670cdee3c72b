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

    /// - Throws: `ServerStartError` when the DNS can't be asked as the configuration says.
    init(
        _ configuration: ServerConfiguration, files: ConfiguredFiles, spool: Spool, directory: Directory,
        transport: TransportGroup, listeners: ListenerTable, logger: Logger
    ) async throws(ServerStartError) {
        let tls = files.outbound
        dns = try ConfiguredFiles.resolver(configuration, logger: logger)
        connector = Connector(group: transport, writeTimeout: configuration.limits.writeTimeout)
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
            signer: files.dkim.isEmpty
                ? nil : MessageSigner(keys: files.dkim, directory: directory, logger: logger),
            isOurs: isOurs)
        let finder = HostFinder(
            configuration: configuration.outboundConfiguration, dns: dns, isOurs: isOurs)
        inquirer = HostInquirer(
            configuration: configuration.inquiryConfiguration, connector: connector, tls: tls,
            finder: finder, logger: logger)
        proxy = Self.proxy(configuration, connector, files.proxy, finder, logger)
        contexts = [("outbound", tls)] + (files.proxy.map { [("proxy", $0)] } ?? [])
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
}
