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
    /// Hosts that hang in the handshake. They serve who can do without TLS.
    let handshakes: HostFailures
    let reports: TLSReportLog?

    /// Why no session came about.
    struct Failure: Error {
        var error: MailError
        /// Hosts were asked, or had failed a short while ago: not our own trouble, as when we give
        /// up because too many keep us waiting.
        var isOfHosts: Bool
    }

    /// An operator wants all hosts to be tried now.
    func forgetFailures() {
        failures.forget()
        handshakes.forget()
    }

    /// - Parameter waiting: is told when a host takes longer than it should.
    func session(
        _ plan: RoutePlan, _ wish: TLSWish, waiting: any DeliveryProgress
    ) async -> Result<OutboundSession, Failure> {
        let patience = Patience(configuration.patience, waiting)
        defer { patience.end() }
        return await withTaskCancellationHandler {
            await session(plan, wish, patience)
        } onCancel: {
            patience.cancel()
        }
    }

    private func session(
        _ plan: RoutePlan, _ wish: TLSWish, _ patience: Patience
    ) async -> Result<OutboundSession, Failure> {
        let hosts: [MailHost]
        patience.progress.reached(.lookUp)
        switch await answer(patience, { await finder.hosts(plan.way) }) {
        case .success(let found): hosts = found
        case .failure(let error): return .failure(Failure(error: error, isOfHosts: false))
        case nil: return .failure(Failure(error: .lookUpGivenUp, isOfHosts: false))
        }
        var last: MailError?
        func note(_ error: MailError) {
            // While one host may still do it, the others' refusals are not final.
            if last?.isTemporary != true || error.isTemporary { last = error }
        }
        var tried = 0
        for host in hosts {
            let security: SessionSecurity
            let getsPassword = configuration.givesPassword(to: host.name)
            let decided = await answer(patience) {
                await decider.security(for: host, plan, wish, getsPassword: getsPassword)
            }
            switch decided {
            case .success(let decided): security = decided
            case .failure(let error):
                note(error)
                continue
            case nil: return .failure(Failure(error: .lookUpGivenUp, isOfHosts: false))
            }
            for address in host.addresses {
                guard tried < configuration.maximumAddresses else { break }
                let place = HostAddress(address: address, port: host.port)
                if let error = failure(of: place, security) {
                    note(error)
                    continue
                }
                tried += 1
                patience.progress.turned(to: host.name, at: place.description)
                switch await open(host, place, security, wish, patience) {
                case .success(let session): return .success(session)
                // There is no room for the other hosts' silence either.
                case .failure(let failure) where !failure.isOfHosts: return .failure(failure)
                case .failure(let failure): note(failure.error)
                }
            }
        }
        return .failure(Failure(error: last ?? .noHostTried, isOfHosts: true))
    }

    /// Why a place is not to be tried now.
    private func failure(of place: HostAddress, _ security: SessionSecurity) -> MailError? {
        // In this order: what `failures` lets try is then tried.
        if security.policy == .required, let error = handshakes.error(for: place) { return error }
        return failures.error(for: place)
    }

    /// What the DNS or a policy host says; nil when the patience is at its end before. Who is asked goes
    /// on, and remembers the answer.
    private func answer<Value: Sendable>(
        _ patience: Patience, _ ask: @escaping @Sendable () async -> Value
    ) async -> Value? {
        let (answers, answered) = AsyncStream<Value>.makeStream()
        Task {
            answered.yield(await ask())
            answered.finish()
        }
        patience.guards { answered.finish() }
        for await answer in answers { return answer }
        return nil
    }

    private func open(
        _ host: MailHost, _ place: HostAddress, _ security: SessionSecurity, _ wish: TLSWish,
        _ patience: Patience
    ) async -> Result<OutboundSession, Failure> {
        let givenUp = Failure(error: .givenUp(host), isOfHosts: false)
        var security = security
        // It need not hang again for each message; nothing is learned of TLS.
        if security.policy == .opportunistic, handshakes.error(for: place) != nil {
            security.policy = .never
            security.reportPolicy = nil
        }
        while true {
            let session: OutboundSession
            patience.progress.reached(.connection)
            switch await connect(host, place, security, patience) {
            case .success(let made): session = made
            case .failure where patience.isGivenUp: return .failure(givenUp)
            case .failure(let error):
                let failure = MailError.noConnection(host, place, error)
                failures.failed(place, failure)
                return .failure(Failure(error: failure, isOfHosts: true))
            }
            patience.guards { session.abort() }
            session.progress = patience.progress
            let failure = await session.open()
            if failure == nil { patience.end() }
            // What we have ended ourselves tells nothing of the host.
            if patience.isGivenUp {
                await session.quit()
                return .failure(givenUp)
            }
            report(session, failure)
            let shakesHands = noteHandshake(session, failure, place)
            guard let failure else {
                session.isRecovered = failures.answered(place) || shakesHands
                return .success(session)
            }
            await session.quit()
            // TLS that does not work is worth no more than none, where none would do (RFC 7435).
            if case .tlsFailed = failure, security.policy == .opportunistic {
                security.policy = .never
                // It was offered, and the attempt has been counted.
                security.reportPolicy = nil
                continue
            }
            if failure == .tlsNotOffered, wish == .required {
                return .failure(Failure(error: .requiresTLS(host), isOfHosts: true))
            }
            let error = failure.error(with: host.name)
            // A host that lacks the TLS which this destination needs may serve others.
            if !failure.isOfTLS { failures.failed(place, error) }
            return .failure(Failure(error: error, isOfHosts: true))
        }
    }

    /// A host that keeps us waiting in the handshake is not waited for again by each message.
    /// - Returns: whether it did so before, and does no more.
    private func noteHandshake(
        _ session: OutboundSession, _ failure: SMTPClientFailure?, _ place: HostAddress
    ) -> Bool {
        if let failure, session.tlsError == .timedOut {
            handshakes.failed(place, failure.error(with: session.host.name))
            return false
        }
        return session.tlsError == nil && session.isEncrypted && handshakes.answered(place)
    }

    /// In a task of its own, which ends when the patience does.
    private func connect(
        _ host: MailHost, _ place: HostAddress, _ security: SessionSecurity, _ patience: Patience
    ) async -> Result<OutboundSession, ConnectionError> {
        let task = Task { await connect(host, place, security) }
        patience.guards { task.cancel() }
        return await task.value
    }

    private func connect(
        _ host: MailHost, _ place: HostAddress, _ security: SessionSecurity
    ) async -> Result<OutboundSession, ConnectionError> {
        let connection: Connection
        do throws(ConnectionError) {
            connection = try await connector.connect(
                to: .address(place.address, port: place.port),
                from: configuration.source(for: place.address),
                timeout: configuration.connectTimeout)
        } catch {
            return .failure(error)
        }
        let credentials = configuration.credentials[host.name]
        var client = SMTPClientConfiguration(
            hostname: configuration.hostName, flavour: host.flavour == .lmtp ? .lmtp : .smtp,
            tls: security.policy)
        client.authenticates = credentials != nil
        return .success(
            OutboundSession(
                connection, to: host, at: place, security: security, configuration: client,
                credentials: credentials, handshakeTimeout: configuration.handshakeTimeout))
    }

    /// For TLS reports (RFC 8460 section 4.3): each attempt at a session counts once.
    func report(_ session: OutboundSession, _ failure: SMTPClientFailure?) {
        guard let reports, let policy = session.security.reportPolicy else { return }
        var failures: [TLSFailure] = []
        func add(_ type: TLSResultType) {
            failures.append(
                TLSFailure(
                    type, receivingHost: session.host.name, receivingAddress: session.address.address,
                    reason: session.tlsError?.reason))
        }
        switch failure {
        case .tlsFailed: add(session.tlsError?.resultType ?? .validationFailure)
        case .tlsNotOffered: add(.startTLSNotSupported)
        case nil where session.isEncrypted: break
        case nil: add(.startTLSNotSupported)
        // Nothing was learned of TLS.
        default: return
        }
        if let mismatch = session.security.mismatch { failures.append(mismatch) }
        if failures.isEmpty { reports.succeeded(policy) } else { reports.failed(policy, failures) }
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

    /// RFC 8689 section 4.2.1: not deferred, the sender is told.
    fileprivate static func requiresTLS(_ host: MailHost) -> MailError {
        MailError(550, .init(5, 7, 10), "REQUIRETLS: \(host.name) does not offer TLS")
    }

    fileprivate static let noHostTried = MailError(
        451, .init(4, 4, 1), "None of the hosts can be tried now")

    /// RFC 3463 X.4.3: directory server failure, which the DNS is, too.
    fileprivate static let lookUpGivenUp = MailError(
        451, .init(4, 4, 3), "Finding the hosts and their policies takes too long",
        cause: "given up: too many hosts do not answer, or the server stops")
}
