internal import DNS
package import Delivery
package import Directory
internal import Logging
package import MailModel
internal import TLSPolicy
internal import Transport

/// `martlet explain`: what the directory decides about an address, and by which way mail leaves for
/// what lies elsewhere. Nothing is remembered, written or sent but questions.
package struct AddressExplainer: Sendable {
    /// Ways that are looked for: a group may have members in any number of domains.
    private static let maximumWays = 50

    private let configuration: ServerConfiguration
    private let directory: Directory

    package init(configuration: ServerConfiguration) {
        self.configuration = configuration
        directory = Directory(
            configuration: configuration.directoryConfiguration, logger: .quiet)
    }

    package func explain(_ address: EmailAddress) async -> Explanation {
        await directory.explain(address)
    }

    /// - Parameter sender: who hands the mail in; nil: it comes from elsewhere.
    /// - Throws: `ServerStartError` when the DNS can't be asked, or TLS not be had, as the configuration
    ///   says.
    package func ways(
        _ explanation: Explanation, of address: EmailAddress, sender: EmailAddress?
    ) async throws(ServerStartError) -> (ways: [RouteExplanation], omitted: Int) {
        guard !explanation.leaving.isEmpty else { return ([], 0) }
        let tls = try ConfiguredFiles.outboundContext(configuration)
        let dns = try ConfiguredFiles.resolver(configuration, logger: .quiet)
        let fetcher = PolicyFetcher(configuration.policyFetcherConfiguration)
        var store = MTASTSPolicyStore.Configuration(
            directory: configuration.stateDirectory + "/tls-policy")
        store.isReadOnly = true
        let policies = await MTASTSPolicyStore(
            store, source: PublishedPolicies(dns: dns, fetcher: fetcher), logger: .quiet)
        let finder = RouteExplainer(
            configuration: configuration.outboundConfiguration, directory: directory, tls: tls,
            dns: dns, policies: policies, isOurs: isOurs)
        var envelope = Envelope(reversePath: sender.map { .address($0) } ?? .null)
        envelope.isSubmission = sender != nil
        let recipients = explanation.leaving.map {
            RoutedRecipient(
                address: $0.address, route: $0.route, envelopeRecipient: EnvelopeRecipient(address: address))
        }
        let found = await finder.ways(recipients, envelope, limit: Self.maximumWays)
        fetcher.stop()
        await dns.shutDown()
        return found
    }

    package func shutDown() async { await directory.shutDown() }

    /// By what the configuration says, whether or not the server runs.
    private var isOurs: @Sendable (HostAddress) -> Bool {
        let addresses = EarlySockets.addresses(configuration)
        return { place in
            ListenerTable.reaches(
                addresses.lazy.filter { $0.port == Int(place.port) }.map(\.host), place.address)
        }
    }
}
