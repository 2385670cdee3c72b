internal import DNS
internal import MailModel
internal import SMTP
internal import TLSPolicy
internal import Transport

/// Decides what TLS a host must have: by the level of its destination, and by what the domain has
/// published. Never less than demanded: a host that can't have it is not used.
struct TLSDecider: Sendable {
    let context: TLSClientContext
    let dns: DNSResolver
    /// Nil: MTA-STS is not looked for.
    let policies: MTASTSPolicyStore?
    /// Nil: nothing is kept for TLS reports (RFC 8460).
    let reports: TLSReportLog?
    /// Nil: nobody wants to know why.
    var trace: RouteTrace? = nil

    /// - Parameter wish: the message's. What the recipient's domain has published it may waive (RFC
    ///   8689 section 5), but nothing that the configuration or the directory demands by name; nor
    ///   does it weaken the way to a host that was chosen here, which may get a password of ours.
    /// - Parameter getsPassword: unless a level is demanded by name, it is given to nobody else.
    func security(
        for host: MailHost, _ plan: RoutePlan, _ wish: TLSWish, getsPassword: Bool = false
    ) async -> Result<SessionSecurity, MailError> {
        let decision: Result<SessionSecurity, MailError> =
            switch plan.tls {
            case .may: .success(opportunistic(plan))
            case .encrypt: .success(required(.none, "encrypted", .none(domain: plan.domain)))
            case .verify: .success(verified(host, "verified", .none(domain: plan.domain)))
            case .dane: await dane(host, plan, isDemanded: true).map { $0 ?? opportunistic(plan) }
            case .mtaSTS: await sts(host, plan, isDemanded: true).map { $0 ?? opportunistic(plan) }
            case .automatic where wish == .waived && plan.isPublished: .success(waived())
            case .automatic: await automatic(host, plan, getsPassword)
            }
        guard wish == .required, case .success(let security) = decision, !security.isVerified else {
            return decision
        }
        // A certificate for a name proves nothing when the name may be forged.
        guard host.isNameSecure else { return .failure(.cannotVerify(host)) }
        var safe = verified(host, "REQUIRETLS", security.reportPolicy)
        safe.mismatch = security.mismatch
        return .success(safe)
    }

    /// DANE where it is published; else MTA-STS (RFC 8461 section 2: DANE takes precedence).
    private func automatic(
        _ host: MailHost, _ plan: RoutePlan, _ getsPassword: Bool
    ) async -> Result<SessionSecurity, MailError> {
        switch await dane(host, plan, isDemanded: false) {
        case .failure(let error): return .failure(error)
        case .success(let security?): return .success(security)
        case .success(nil): break
        }
        let usual =
            getsPassword
            ? verified(host, "verified", .none(domain: plan.domain)) : opportunistic(plan)
        return await sts(host, plan, isDemanded: false).map { $0 ?? usual }
    }

    /// Nil when the host has not published TLSA records that count (RFC 7672 section 2.2).
    private func dane(
        _ host: MailHost, _ plan: RoutePlan, isDemanded: Bool
    ) async -> Result<SessionSecurity?, MailError> {
        guard host.isNameSecure, !IPAddress.isAddress(host.name) else {
            trace?.note("no DANE: its name is not signed")
            return isDemanded ? .failure(.noDANE(host, "its name is not signed")) : .success(nil)
        }
        let bases: [String]
        switch await dns.tlsaBases(of: host.name, host.found) {
        case .success(let names): bases = names
        case .failure(let fault): return .failure(unavailable(host, fault))
        }
        for name in bases {
            switch await dns.tlsa(port: host.port, host: name) {
            case .failure(let fault): return .failure(unavailable(host, fault))
            case .none, .records(_, isSecure: false): continue
            case .records(let records, isSecure: true):
                trace?.note("TLSA of _\(host.port)._tcp.\(name): \(records.map(\.text).joined(separator: "; "))")
                return demand(records, host, baseDomain: name, isDemanded: isDemanded)
            }
        }
        trace?.note("no DANE: it has no signed TLSA records")
        return isDemanded ? .failure(.noDANE(host, "it has no signed TLSA records")) : .success(nil)
    }

    /// The host must not be used now (RFC 7672 section 2.1.2).
    private func unavailable(_ host: MailHost, _ fault: DNSFault) -> MailError {
        reports?.failed(
            .tlsa([], domain: host.name),
            TLSFailure(.dnssecInvalid, receivingHost: host.name, reason: "\(fault)"))
        return .tlsaUnavailable(host, "\(fault)")
    }

    private func demand(
        _ records: [TLSARecord], _ host: MailHost, baseDomain: String, isDemanded: Bool
    ) -> Result<SessionSecurity?, MailError> {
        let policy = TLSReportPolicy.tlsa(records.map(\.text), domain: host.name)
        let usable = context.usableRecords(
            records.map {
                TLSARecordData(
                    usage: $0.usage, selector: $0.selector, matchingType: $0.matching, data: $0.data)
            })
        guard !usable.isEmpty else {
            // TLS is mandatory all the same, with whoever answers (RFC 7672 section 2.2).
            return isDemanded
                ? .failure(.noDANE(host, "no TLSA record is usable"))
                : .success(required(.none, "dane-unusable", policy))
        }
        let names = baseDomain == host.name ? [host.name] : [baseDomain, host.name]
        return .success(required(.dane(records: usable, names: names), "dane", policy))
    }

    /// Nil when the domain has no policy in force.
    private func sts(
        _ host: MailHost, _ plan: RoutePlan, isDemanded: Bool
    ) async -> Result<SessionSecurity?, MailError> {
        guard case .exchangers(let domain) = plan.way, let policies,
            let policy = await policies.policy(for: domain).policy, policy.mode != .none
        else {
            trace?.note("no MTA-STS policy")
            return isDemanded ? .failure(.noSTS(plan.domain)) : .success(nil)
        }
        trace?.note("MTA-STS policy of \(domain): \(policy.mode)")
        let reported = TLSReportPolicy.sts(policy, domain: domain)
        guard policy.permits(host.name) else {
            let mismatch = TLSFailure(
                .validationFailure, receivingHost: host.name, reason: "not in mx patterns")
            guard policy.mode == .enforce || isDemanded else {
                // The session is counted when it is over, once.
                var security = opportunistic(plan, reported)
                security.mismatch = mismatch
                return .success(security)
            }
            reports?.failed(reported, mismatch)
            return .failure(.notInPolicy(host, domain))
        }
        // Testing: what would fail is told, and mail goes all the same (RFC 8461 section 5).
        guard policy.mode == .enforce || isDemanded else {
            return .success(opportunistic(plan, reported))
        }
        return .success(verified(host, "mta-sts", reported))
    }

    private func opportunistic(
        _ plan: RoutePlan, _ policy: TLSReportPolicy? = nil
    ) -> SessionSecurity {
        SessionSecurity(
            policy: .opportunistic, verification: .none, context: context, label: "untrusted",
            reportPolicy: policy ?? .none(domain: plan.domain))
    }

    /// Says nothing of how the domain's policies do.
    private func waived() -> SessionSecurity {
        SessionSecurity(
            policy: .opportunistic, verification: .none, context: context, label: "TLS-Required: No",
            reportPolicy: nil)
    }

    private func required(
        _ verification: PeerVerification, _ label: String, _ policy: TLSReportPolicy?
    ) -> SessionSecurity {
        SessionSecurity(
            policy: .required, verification: verification, context: context, label: label,
            reportPolicy: policy)
    }

    private func verified(
        _ host: MailHost, _ label: String, _ policy: TLSReportPolicy?
    ) -> SessionSecurity {
        required(.names([host.name]), label, policy)
    }
}

extension TLSARecord {
    /// As in a zone file.
    fileprivate var text: String {
        let digits = data.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "\(usage) \(selector) \(matching) \(digits)"
    }
}

extension SessionSecurity {
    var isVerified: Bool { if case .none = verification { false } else { true } }
}

extension MailError {
    /// RFC 3463 X.7.5: cryptographic failure; deferred, because it may be mended.
    private static func tls(_ text: String, _ host: MailHost, _ cause: String) -> MailError {
        MailError(451, .init(4, 7, 5), "\(text) \(host.name)", cause: cause)
    }

    fileprivate static func noDANE(_ host: MailHost, _ cause: String) -> MailError {
        tls("DANE is demanded, but is not to be had for", host, cause)
    }

    fileprivate static func tlsaUnavailable(_ host: MailHost, _ cause: String) -> MailError {
        tls("The DNS does not tell whether there are TLSA records for", host, cause)
    }

    fileprivate static func noSTS(_ domain: String) -> MailError {
        MailError(451, .init(4, 7, 5), "MTA-STS is demanded, but has no policy in force for \(domain)")
    }

    fileprivate static func notInPolicy(_ host: MailHost, _ domain: String) -> MailError {
        tls("The MTA-STS policy of \(domain) does not allow", host, "mx patterns")
    }

    /// RFC 8689 section 4.2.1.
    fileprivate static func cannotVerify(_ host: MailHost) -> MailError {
        MailError(
            550, .init(5, 7, 30), "REQUIRETLS: the name \(host.name) cannot be verified",
            cause: "neither DNSSEC nor MTA-STS vouches for it", reportedBy: nil)
    }
}
