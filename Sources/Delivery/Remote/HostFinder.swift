package import DNS
package import MailModel

/// Finds the hosts of a plan, the best first (RFC 5321 section 5.1).
package struct HostFinder: Sendable {
    let configuration: OutboundConfiguration
    let dns: DNSResolver
    /// Whether an address and port are ones that we listen on.
    let isOurs: @Sendable (HostAddress) -> Bool
    /// Nil: nobody wants to know why.
    var trace: RouteTrace?

    package init(
        configuration: OutboundConfiguration, dns: DNSResolver,
        isOurs: @escaping @Sendable (HostAddress) -> Bool
    ) {
        self.configuration = configuration
        self.dns = dns
        self.isOurs = isOurs
    }

    /// A host may have one name and many addresses, and a domain many hosts.
    private static let maximumHosts = 10

    func hosts(_ way: RoutePlan.Way) async -> Result<[MailHost], MailError> {
        switch way {
        case .hops(let hops): await hosts(hops)
        case .exchangers(let domain): await exchangers(of: domain)
        }
    }

    /// Where the host listens, in the order to be tried; none of it is here.
    package func addresses(of hop: NextHop) async -> Result<[HostAddress], MailError> {
        await hosts([hop]).map { hosts in
            hosts.flatMap { host in
                host.addresses.map { HostAddress(address: $0, port: host.port) }
            }
        }
    }

    private func hosts(_ hops: [NextHop]) async -> Result<[MailHost], MailError> {
        var found: [MailHost] = []
        var failure: MailError?
        for hop in hops.prefix(Self.maximumHosts) {
            switch await host(hop.host, port: hop.port, isNameSecure: true) {
            case .success(var host?):
                host.flavour = hop.flavour
                found.append(host)
            case .success(nil):
                trace?.note("\(hop.host) has no address")
                failure = failure ?? .unknownHop(hop)
            case .failure(let error):
                trace?.note("\(hop.host): \(error)")
                failure = error
            }
        }
        let others = found.filter { host in
            guard isOurselves(host) else { return true }
            trace?.noteOurselves(host.name)
            return false
        }
        if others.isEmpty { return .failure(found.isEmpty ? failure ?? .noHost : .loop(found[0].name)) }
        return .success(others)
    }

    private func exchangers(of domain: String) async -> Result<[MailHost], MailError> {
        if domain.first == "[" { return await literal(domain) }
        switch await dns.mailExchangers(of: domain) {
        case .failure(let fault): return .failure(.dns(fault))
        case .nullMX: return .failure(.nullMX)
        case .noSuchDomain: return .failure(.noSuchDomain)
        case .noAddress: return .failure(.noAddress)
        case .implicit(let host, let isSecure):
            trace?.note("\(domain) has no MX records: its own address counts (\(RouteTrace.signed(isSecure)))")
            switch await self.host(host, port: configuration.port, isNameSecure: isSecure) {
            case .success(let host?):
                return isOurselves(host) ? .failure(.loop(host.name)) : .success([host])
            case .success(nil): return .failure(.noAddress)
            case .failure(let error): return .failure(error)
            }
        case .hosts(let exchangers, let isSecure):
            trace?.note("MX of \(domain) (\(RouteTrace.signed(isSecure))): \(RouteTrace.list(exchangers))")
            return await hosts(exchangers, isSecure: isSecure)
        }
    }

    /// Those that are better than ourselves, if we are among them.
    private func hosts(
        _ exchangers: [MailExchanger], isSecure: Bool
    ) async -> Result<[MailHost], MailError> {
        var found: [(host: MailHost, preference: UInt16)] = []
        var failure: MailError?
        // While one of them can't be found, nobody knows that it is a loop.
        func better(than exchanger: MailExchanger) -> Result<[MailHost], MailError> {
            let better = found.filter { $0.preference < exchanger.preference }
            return better.isEmpty
                ? .failure(failure ?? .loop(exchanger.name)) : .success(better.map(\.host))
        }
        for exchanger in exchangers.prefix(Self.maximumHosts) {
            // Whether or not our own name has an address here.
            if isOurName(exchanger.name) {
                trace?.noteOurselves(exchanger.name)
                return better(than: exchanger)
            }
            switch await host(exchanger.name, port: configuration.port, isNameSecure: isSecure) {
            case .failure(let error):
                trace?.note("\(exchanger.name): \(error)")
                failure = error
            case .success(nil):
                trace?.note("\(exchanger.name) has no address")
                failure = failure ?? .noAddress
            case .success(let host?):
                if isOurselves(host) {
                    trace?.noteOurselves(exchanger.name)
                    return better(than: exchanger)
                }
                found.append((host, exchanger.preference))
            }
        }
        return found.isEmpty ? .failure(failure ?? .noHost) : .success(found.map(\.host))
    }

    /// Nil when there is no such host.
    private func host(
        _ name: String, port: UInt16, isNameSecure: Bool
    ) async -> Result<MailHost?, MailError> {
        if IPAddress.isAddress(name) {
            return .success(
                MailHost(
                    name: name, port: port, addresses: [name], isNameSecure: isNameSecure,
                    areAddressesSecure: false, canonicalName: name))
        }
        switch await dns.addresses(of: name, families) {
        case .failure(let fault): return .failure(.dns(fault))
        case .none: return .success(nil)
        case .found(let addresses, let isSecure, let canonical):
            return .success(
                MailHost(
                    name: name, port: port, addresses: addresses, isNameSecure: isNameSecure,
                    areAddressesSecure: isSecure, canonicalName: canonical))
        }
    }

    /// `[192.0.2.1]`, `[IPv6:2001:db8::1]` (RFC 5321 section 4.1.3).
    private func literal(_ domain: String) async -> Result<[MailHost], MailError> {
        var address = domain.dropFirst().dropLast()
        if address.lowercased().hasPrefix("ipv6:") { address = address.dropFirst(5) }
        guard IPAddress.isAddress(String(address)) else { return .failure(.noSuchDomain) }
        return await hosts([NextHop(host: String(address), port: configuration.port)])
    }

    private func isOurselves(_ host: MailHost) -> Bool {
        host.port == configuration.port && isOurName(host.name)
            || host.addresses.contains { isOurs(HostAddress(address: $0, port: host.port)) }
    }

    private func isOurName(_ name: String) -> Bool { name == configuration.hostName.lowercased() }

    private var families: AddressFamilies {
        switch (configuration.usesIPv4, configuration.usesIPv6) {
        case (true, false): .ipv4
        case (false, true): .ipv6
        default: .all
        }
    }
}

extension MailError {
    /// RFC 3463 X.4.3: directory server failure, here the DNS.
    fileprivate static func dns(_ fault: DNSFault) -> MailError {
        MailError(451, .init(4, 4, 3), "The DNS does not answer for the domain", cause: "\(fault)")
    }

    /// RFC 7505 section 4.2.
    fileprivate static let nullMX = MailError(556, .init(5, 1, 10), "The domain takes no mail (null MX)")
    fileprivate static let noSuchDomain = MailError(
        550, .init(5, 1, 2), "There is no such domain")
    fileprivate static let noAddress = MailError(
        550, .init(5, 4, 4), "The domain has no mail host with an address")
    fileprivate static let noHost = MailError(451, .init(4, 4, 4), "No host is named for the domain")

    fileprivate static func unknownHop(_ hop: NextHop) -> MailError {
        MailError(451, .init(4, 4, 4), "The host for the domain has no address", cause: "\(hop)")
    }

    /// RFC 3463 X.4.6: routing loop detected.
    fileprivate static func loop(_ host: String) -> MailError {
        MailError(
            554, .init(5, 4, 6), "Mail for the domain loops back to this host", cause: "\(host) is us")
    }
}
