package import DNS
package import Spool
package import TLSPolicy
package import Transport

extension RemoteDelivery {
    /// - Parameters:
    ///   - policies: MTA-STS (RFC 8461); nil: it is not looked for.
    ///   - reports: counts for TLS reports (RFC 8460).
    ///   - signer: nil: nothing is signed.
    ///   - isOurs: whether an address and port are ones that this server listens on.
    package convenience init(
        configuration: OutboundConfiguration, spool: Spool, directory: any RecipientResolving,
        connector: Connector, tls: TLSClientContext, dns: DNSResolver,
        policies: MTASTSPolicyStore?, reports: TLSReportLog?, signer: MessageSigner?,
        isOurs: @escaping @Sendable (HostAddress) -> Bool
    ) {
        self.init(
            configuration: configuration,
            planner: RoutePlanner(configuration: configuration, directory: directory),
            maker: SessionMaker(
                configuration: configuration, connector: connector,
                finder: HostFinder(configuration: configuration, dns: dns, isOurs: isOurs),
                decider: TLSDecider(context: tls, dns: dns, policies: policies, reports: reports),
                failures: HostFailures(lifetime: configuration.failureLifetime),
                handshakes: HostFailures(lifetime: configuration.failureLifetime),
                reports: reports),
            contents: ContentMaker(spool: spool, signer: signer))
    }
}
