internal import Directory
internal import MailModel

/// Finds the way of a recipient as directory and configuration have it at this moment.
///
/// In this order: the home server that the directory named; the hosts of the domain's entry; the
/// configuration's route for the domain; the smart host of the sender's domain; the configuration's
/// relay hosts; the domain's MX hosts.
struct RoutePlanner: Sendable {
    enum Finding: Sendable {
        case plan(RoutePlan)
        /// Its host comes for its mail itself.
        case waiting(MailError, atMost: Duration)
        /// The directory has the domain, but not as it was when the message came.
        case misrouted
        case failed(MailError)
        case deferred(MailError)
    }

    let configuration: OutboundConfiguration
    let directory: any RecipientResolving
    /// Nil: nobody wants to know why.
    var trace: RouteTrace? = nil

    func plan(_ recipient: RoutedRecipient, _ envelope: Envelope) async -> Finding {
        guard case .remote(let route) = recipient.route else { return .misrouted }
        if case .host(let hop) = route {
            trace?.note("the directory names the host: \(hop)")
            return .plan(plan(.hops([hop]), for: recipient.address.domain, hop: hop))
        }
        switch await directory.domain(named: recipient.address.domain) {
        case .unavailable(let fault): return .deferred(.directoryUnavailable("\(fault)"))
        case .found(let domain): return planDomain(domain, recipient, route)
        case .notFound:
            guard route == .foreign else { return .misrouted }
            return await planForeign(recipient, envelope)
        }
    }

    private func planDomain(
        _ domain: MailDomain, _ recipient: RoutedRecipient, _ route: RemoteRoute
    ) -> Finding {
        guard route == .domain, !domain.routingHosts.isEmpty || domain.retrieval != nil else {
            return .misrouted
        }
        switch domain.status {
        case .active: break
        case .hold, .inactive: return .deferred(.domainOnHold(domain.dn))
        case .disabled: return .failed(.domainDisabled(domain.dn))
        }
        let holdTime = domain.retrieval.map { $0.holdTime ?? Self.standardHoldTime }
        let way: RoutePlan.Way
        if domain.routingHosts.isEmpty {
            trace?.note("its host comes for its mail itself (\"\(domain.dn)\")")
            if let holdTime, domain.retrieval?.ways == [.atrn] {
                return .waiting(.hostIsAway, atMost: holdTime)
            }
            way = .exchangers(recipient.address.domain)
        } else {
            let hops = domain.routingHosts.shuffled()
            guard !hops.isEmpty else { return .deferred(.noReadableHost(domain.dn)) }
            trace?.note("hosts of the entry \"\(domain.dn)\": \(RouteTrace.list(domain.routingHosts))")
            way = .hops(hops)
        }
        var level: TLSLevel?
        if let policy = domain.tlsPolicy {
            // A word that means nothing is no reason to send it with less.
            level = TLSLevel(rawValue: policy)
            if level == nil { return .deferred(.unknownPolicy(policy, domain.dn)) }
        }
        let hop: NextHop? = if case .hops(let hops) = way { hops.first } else { nil }
        var plan = plan(way, for: recipient.address.domain, hop: hop, entry: level)
        plan.holdTime = holdTime
        return .plan(plan)
    }

    private func planForeign(_ recipient: RoutedRecipient, _ envelope: Envelope) async -> Finding {
        let domain = recipient.address.domain
        if let hops = configuration.routes[domain] {
            trace?.note("outbound.routes has \(domain): \(RouteTrace.list(hops))")
            return .plan(plan(.hops(hops), for: domain, hop: hops.first))
        }
        switch await smartHosts(for: recipient, envelope) {
        case .unavailable(let fault): return .deferred(.directoryUnavailable("\(fault)"))
        case .found(let hops) where hops.isEmpty: return .deferred(.noReadableHost(domain))
        case .found(let hops): return .plan(plan(.hops(hops), for: domain, hop: hops.first))
        case .notFound: break
        }
        let hops = configuration.relayHosts
        guard hops.isEmpty else {
            trace?.note("outbound.relay_hosts: \(RouteTrace.list(hops))")
            return .plan(plan(.hops(hops), for: domain, hop: hops.first))
        }
        trace?.note("no route, smart host or relay host: to the hosts that the domain has published")
        return .plan(plan(.exchangers(domain), for: domain, hop: nil))
    }

    /// Of the domain on whose behalf the message is sent: the sender's, or that of the address here
    /// which forwards it.
    private func smartHosts(
        for recipient: RoutedRecipient, _ envelope: Envelope
    ) async -> Lookup<[NextHop]> {
        let named = recipient.envelopeRecipient.address.domain
        let owner: String
        if named != recipient.address.domain {
            owner = named
        } else if envelope.isSubmission, case .address(let sender) = envelope.reversePath {
            owner = sender.domain
        } else {
            return .notFound
        }
        switch await directory.domain(named: owner) {
        case .unavailable(let fault): return .unavailable(fault)
        case .notFound: return .notFound
        case .found(let domain):
            let hops = domain.smartHosts.shuffled()
            if !hops.isEmpty {
                trace?.note("smart host of \(owner), \"\(domain.dn)\": \(RouteTrace.list(domain.smartHosts))")
            }
            // One that can't be read is no reason to go another way.
            return domain.smartHosts.isEmpty ? .notFound : .found(hops)
        }
    }

    /// - Parameter level: what the domain's entry demands.
    private func plan(
        _ way: RoutePlan.Way, for domain: String, hop: NextHop?, entry level: TLSLevel? = nil
    ) -> RoutePlan {
        let named = configuration.level(for: domain, hop: hop)
        let plan = RoutePlan(
            way: way, domain: domain, tls: level ?? named ?? configuration.tls)
        trace?.note(
            "TLS level \(plan.tls.rawValue) ("
                + (level != nil ? "the domain's entry)" : named != nil ? "outbound.tls_policies)" : "outbound.tls)"))
        return plan
    }

    /// For mail to a host that comes and goes, when the directory does not say.
    static let standardHoldTime = Duration.seconds(30 * 86_400)
}

extension MailError {
    fileprivate static func domainOnHold(_ dn: String) -> MailError {
        MailError(
            450, .init(4, 2, 1), "The domain takes no mail now, trying again later", cause: dn)
    }

    fileprivate static let hostIsAway = MailError(
        451, .init(4, 4, 1), "The host comes for its mail itself, waiting for it")

    fileprivate static func unknownPolicy(_ policy: String, _ dn: String) -> MailError {
        MailError(
            451, .init(4, 3, 5), "The domain's TLS policy is not named rightly, trying again later",
            cause: "\(dn): \(policy)")
    }

    fileprivate static func noReadableHost(_ dn: String) -> MailError {
        MailError(
            451, .init(4, 3, 5), "The domain's hosts are not named rightly, trying again later",
            cause: dn)
    }

    fileprivate static func domainDisabled(_ dn: String) -> MailError {
        MailError(550, .init(5, 2, 1), "The domain takes no mail", cause: dn)
    }
}
