internal import MailModel
internal import NIOCore
internal import SMTP
internal import TLSPolicy
internal import Transport

/// Makes sessions: tries the hosts of a plan, address by address, until one is ready for mail.
struct SessionMaker: Sendable {
    let configuration: OutboundConfiguration
    let connector: Connector
    let finder: HostFinder
    let decider: TLSDecider
    let failures: HostFailures
    let reports: TLSReportLog?

    /// Why no session came about.
    struct Failure: Error {
        var error: MailError
        /// Hosts were asked, or had failed a short while ago: not our own trouble.
        var isOfHosts: Bool
    }

    /// - Parameter waiting: is told when a host takes longer than it should.
    func session(
        _ plan: RoutePlan, _ wish: TLSWish, waiting: any DeliveryProgress
    ) async -> Result<OutboundSession, Failure> {
        let hosts: [MailHost]
        switch await finder.hosts(plan.way) {
        case .success(let found): hosts = found
        case .failure(let error): return .failure(Failure(error: error, isOfHosts: false))
        }
        var last: MailError?
        var tried = 0
        for host in hosts {
            let security: SessionSecurity
            switch await decider.security(for: host, plan, wish) {
            case .success(let decided): security = decided
            case .failure(let error):
                last = error
                continue
            }
            for address in host.addresses {
                guard tried < configuration.maximumAddresses else { break }
                let place = HostAddress(address: address, port: host.port)
                if let error = failures.error(for: place) {
                    last = error
                    continue
                }
                tried += 1
                switch await open(host, place, security, plan, waiting) {
                case .success(let session): return .success(session)
                case .failure(let error): last = error
                }
            }
        }
        return .failure(Failure(error: last ?? .noHostTried, isOfHosts: true))
    }

    private func open(
        _ host: MailHost, _ place: HostAddress, _ security: SessionSecurity, _ plan: RoutePlan,
        _ waiting: any DeliveryProgress
    ) async -> Result<OutboundSession, MailError> {
        let patience = Patience(configuration.patience, waiting)
        defer { patience.end() }
        return await withTaskCancellationHandler {
            await open(host, place, security, plan, patience)
        } onCancel: {
            patience.cancel()
        }
    }

    private func open(
        _ host: MailHost, _ place: HostAddress, _ security: SessionSecurity, _ plan: RoutePlan,
        _ patience: Patience
    ) async -> Result<OutboundSession, MailError> {
        var security = security
        while true {
            let session: OutboundSession
            do throws(ConnectionError) {
                session = try await connect(host, place, security, plan)
            } catch {
                let failure = MailError.noConnection(host, place, error)
                failures.failed(place, failure)
                return .failure(failure)
            }
            patience.opens(session)
            guard let failure = await session.open() else {
                session.isRecovered = failures.answered(place)
                report(session, nil)
                return .success(session)
            }
            report(session, failure)
            await session.quit()
            // TLS that does not work is worth no more than none, where none would do (RFC 7435).
            if case .tlsFailed = failure, security.policy == .opportunistic {
                security.policy = .never
                continue
            }
            var error = patience.isGivenUp ? .silentAmongMany(host) : failure.error(with: host.name)
            if failure.isReply { error.reportedBy = host.name }
            // A host that lacks the TLS which this destination needs may serve others.
            if !failure.isOfTLS { failures.failed(place, error) }
            return .failure(error)
        }
    }

    private func connect(
        _ host: MailHost, _ place: HostAddress, _ security: SessionSecurity, _ plan: RoutePlan
    ) async throws(ConnectionError) -> OutboundSession {
        let connection = try await connector.connect(
            to: .address(place.address, port: place.port),
            from: configuration.source(for: place.address),
            timeout: configuration.connectTimeout)
        let credentials = configuration.credentials[host.name]
        var client = SMTPClientConfiguration(
            hostname: configuration.hostName, flavour: host.flavour == .lmtp ? .lmtp : .smtp,
            tls: security.policy)
        client.authenticates = credentials != nil
        return OutboundSession(
            connection, to: host, at: place, security: security, configuration: client,
            credentials: credentials)
    }

    /// For TLS reports (RFC 8460 section 4.3).
    private func report(_ session: OutboundSession, _ failure: SMTPClientFailure?) {
        guard let policy = session.security.reportPolicy else { return }
        let type: TLSResultType
        switch failure {
        case .tlsFailed: type = session.tlsError?.resultType ?? .validationFailure
        case .tlsNotOffered: type = .startTLSNotSupported
        case nil where session.isEncrypted: return reports?.succeeded(policy) ?? ()
        case nil: type = .startTLSNotSupported
        // Nothing was learned of TLS.
        default: return
        }
        reports?.failed(
            policy,
            TLSFailure(
                type, receivingHost: session.host.name, receivingAddress: session.address.address,
                reason: session.tlsError?.reason))
    }
}

extension ConnectionError {
    fileprivate var resultType: TLSResultType {
        guard case .certificate(let problem) = self else { return .validationFailure }
        return switch problem.kind {
        case .hostMismatch: .certificateHostMismatch
        case .expired: .certificateExpired
        case .notTrusted: .certificateNotTrusted
        case .noMatchingRecord: .tlsaInvalid
        }
    }
}

extension SMTPClientFailure {
    fileprivate var isOfTLS: Bool {
        switch self {
        case .tlsNotOffered, .tlsFailed: true
        default: false
        }
    }

    /// The host's own words.
    var isReply: Bool { if case .refused = self { true } else { false } }
}

extension MailError {
    /// RFC 3463 X.4.1: no answer from host.
    fileprivate static func noConnection(
        _ host: MailHost, _ place: HostAddress, _ error: ConnectionError
    ) -> MailError {
        MailError(
            451, .init(4, 4, 1), "No connection to \(host.name): \(error.reason)",
            cause: "\(place): \(error.reason)")
    }

    fileprivate static func silentAmongMany(_ host: MailHost) -> MailError {
        MailError(451, .init(4, 4, 1), "\(host.name) does not answer, nor do many other hosts")
    }

    fileprivate static let noHostTried = MailError(
        451, .init(4, 4, 1), "None of the hosts can be tried now")
}
