package import DNS
internal import Directory
package import MailModel
internal import SMTP
package import TLSPolicy
package import Transport

/// Tells by which way mail would leave, for `martlet explain`: asks those who find it for deliveries.
package struct RouteExplainer: Sendable {
    private let configuration: OutboundConfiguration
    private let directory: any RecipientResolving
    private let dns: DNSResolver
    private let context: TLSClientContext
    private let policies: MTASTSPolicyStore?
    private let isOurs: @Sendable (HostAddress) -> Bool

    /// - Parameters: as for `RemoteDelivery`.
    package init(
        configuration: OutboundConfiguration, directory: any RecipientResolving, tls: TLSClientContext,
        dns: DNSResolver, policies: MTASTSPolicyStore?, isOurs: @escaping @Sendable (HostAddress) -> Bool
    ) {
        self.configuration = configuration
        self.directory = directory
        self.dns = dns
        context = tls
        self.policies = policies
        self.isOurs = isOurs
    }

    /// What a plan depends on: the same for all addresses of a domain.
    private struct Group: Hashable {
        var domain: String
        var route: Route
        /// Of the address that the sender named.
        var named: String
    }

    /// The way of each recipient that goes elsewhere, those that share one together, in their order.
    /// - Parameter limit: of ways that are looked for.
    /// - Returns: the ways, and the number of recipients beyond the limit.
    package func ways(
        _ recipients: [RoutedRecipient], _ envelope: Envelope, limit: Int
    ) async -> (ways: [RouteExplanation], omitted: Int) {
        var order: [Group] = []
        var groups: [Group: [RoutedRecipient]] = [:]
        for recipient in recipients where recipient.route.isRemote {
            let group = Group(
                domain: recipient.address.domain.lowercased(), route: recipient.route,
                named: recipient.envelopeRecipient.address.domain.lowercased())
            if groups[group] == nil { order.append(group) }
            groups[group, default: []].append(recipient)
        }
        var ways: [RouteExplanation] = []
        for group in order.prefix(limit) {
            let recipients = groups[group] ?? []
            var way = await way(recipients[0], envelope)
            way.recipients = recipients.map { "\($0.address)" }
            ways.append(way)
        }
        return (ways, order.dropFirst(limit).reduce(0) { $0 + groups[$1, default: []].count })
    }

    private func way(_ recipient: RoutedRecipient, _ envelope: Envelope) async -> RouteExplanation {
        let trace = RouteTrace()
        let planner = RoutePlanner(configuration: configuration, directory: directory, trace: trace)
        let finding = await planner.plan(recipient, envelope)
        var way = RouteExplanation(recipients: [], rules: [], verdict: .leaves)
        switch finding {
        case .plan(let plan): return await hosts(of: plan, envelope, trace)
        case .waiting(let error, let longest):
            way.verdict = .waits
            way.reason = "\(error), for at most \(longest.text)"
        case .misrouted:
            way.verdict = .deferred
            way.reason = "the directory's answer has just changed: ask again"
        case .failed(let error):
            way.verdict = .refused
            way.reason = "\(error)"
        case .deferred(let error):
            way.verdict = .deferred
            way.reason = "\(error)"
        }
        way.rules = trace.take()
        return way
    }

    private func hosts(of plan: RoutePlan, _ envelope: Envelope, _ trace: RouteTrace) async -> RouteExplanation {
        var finder = HostFinder(configuration: configuration, dns: dns, isOurs: isOurs)
        finder.trace = trace
        let answer = await finder.hosts(plan.way)
        var way = RouteExplanation(recipients: [], rules: trace.take(), verdict: .leaves)
        let found: [MailHost]
        switch answer {
        case .success(let hosts): found = hosts
        case .failure(let error):
            way.verdict = error.isTemporary ? .deferred : .refused
            way.reason = "\(error)"
            return way
        }
        let decider = TLSDecider(
            context: context, dns: dns, policies: policies, reports: nil, trace: trace)
        var last: MailError?
        for host in found {
            let decision = await decider.security(
                for: host, plan, envelope.tlsWish,
                getsPassword: configuration.givesPassword(to: host.name))
            if case .failure(let error) = decision { last = error }
            way.hosts.append(Self.describe(host, decision, trace.take()))
        }
        if let last, !way.hosts.contains(where: \.isUsable) {
            way.verdict = last.isTemporary ? .deferred : .refused
            way.reason = "\(last)"
        }
        return way
    }

    private static func describe(
        _ host: MailHost, _ decision: Result<SessionSecurity, MailError>, _ rules: [String]
    ) -> RouteExplanation.Host {
        var isUsable = true
        let tls: String
        switch decision {
        case .success(let security): tls = security.demand
        case .failure(let error):
            tls = "not used: \(error)"
            isUsable = false
        }
        return RouteExplanation.Host(
            name: host.name, port: host.port, flavour: "\(host.flavour)", addresses: host.addresses,
            rules: rules, tls: tls, isUsable: isUsable)
    }
}

extension SessionSecurity {
    /// For people.
    fileprivate var demand: String {
        switch (policy, verification) {
        case (.required, .none): "TLS must be had, with whoever answers (\(label))"
        case (.required, .names(let names)):
            "TLS must be had, with a certificate of a known authority for \(names.joined(separator: " or ")) (\(label))"
        case (.required, .dane): "TLS must be had, with a certificate that its TLSA records name (\(label))"
        default: "TLS where it is offered, with whoever answers (\(label))"
        }
    }
}
