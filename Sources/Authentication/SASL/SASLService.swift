import Directory
package import Logging
internal import Synchronization

/// The SASL side of every listener: which mechanisms are on offer, exchanges over libsasl2, and
/// passwords that come without SASL. One for the process; used from any thread.
package final class SASLService: Sendable {
    let directory: any AuthenticationDirectory
    let configuration: AuthenticationConfiguration
    let passwords: PasswordAuthenticator
    let policy: FailurePolicy
    let authorizer: Authorizer
    let decoy: ScramDecoy
    package let metrics = AuthenticationMetrics()
    /// Waits until an instant; tests need none of it.
    let sleep: @Sendable (ContinuousClock.Instant) async -> Void
    /// Until it is known that the directory can't hold SCRAM secrets, SCRAM is offered as configured.
    private let canHoldSecrets = Atomic(true)
    /// Nil when libsasl2 works, else its reason not to: then no mechanism is on offer.
    private let fault: String?

    package convenience init(
        directory: any AuthenticationDirectory, configuration: AuthenticationConfiguration,
        logger: Logger
    ) {
        self.init(
            directory: directory, configuration: configuration, logger: logger,
            now: { ContinuousClock().now },
            // A cancelled wait ends early: the connection is going away.
            sleep: { try? await Task.sleep(until: $0, clock: .continuous) })
    }

    init(
        directory: any AuthenticationDirectory, configuration: AuthenticationConfiguration,
        logger: Logger, now: @escaping @Sendable () -> ContinuousClock.Instant,
        sleep: @escaping @Sendable (ContinuousClock.Instant) async -> Void
    ) {
        self.directory = directory
        self.configuration = configuration
        self.sleep = sleep
        policy = FailurePolicy(configuration, now: now)
        passwords = PasswordAuthenticator(
            directory: directory, configuration: configuration, policy: policy, logger: logger)
        authorizer = Authorizer(directory: directory)
        decoy = ScramDecoy(configuration)
        fault = SASLLibrary.start(logger: logger)
        if let fault { logger.critical("SASL is not available: \(fault)") }
    }

    /// Sets libsasl2 up, which is not for several threads at once. Call it before anything else in
    /// the process uses the library, as libldap does once a `Directory` connects with SASL.
    package static func prepare(logger: Logger) {
        _ = SASLLibrary.start(logger: logger)
    }

    /// Whether SCRAM is offered where nothing speaks against it.
    package var usesSCRAM: Bool { configuration.mechanisms.contains { $0.scramHash != nil } }

    /// What the directory's schema says of SCRAM secrets: without them no exchange could succeed, and
    /// clients that prefer SCRAM could not log in.
    package func setCanHoldSecrets(_ isPossible: Bool) {
        canHoldSecrets.store(isPossible, ordering: .relaxed)
    }

    /// The names to advertise on this connection now, in order of preference.
    package func mechanisms(for context: ClientContext) -> [String] {
        context.isLocalOwner
            ? [SASLMechanism.external.rawValue]
            : configuration.mechanisms.filter { isOffered($0, context) }.map(\.rawValue)
    }

    /// Nil when the mechanism is unknown or not on offer on this connection; `refusal` says why.
    package func begin(_ mechanism: String, _ context: ClientContext) -> SASLExchange? {
        guard let mechanism = SASLMechanism(named: mechanism), isOffered(mechanism, context)
        else { return nil }
        return SASLExchange(mechanism, context, self)
    }

    /// Why `begin` answered nil.
    package func refusal(of mechanism: String, _ context: ClientContext) -> AuthenticationFailure {
        if let mechanism = SASLMechanism(named: mechanism),
            configuration.mechanisms.contains(mechanism), !context.allowsLogins
        {
            return AuthenticationFailure(
                .encryptionRequired, cause: "\(mechanism.rawValue) without encryption")
        }
        return AuthenticationFailure(
            fault == nil ? .unknownMechanism : .unavailable,
            cause: fault ?? "mechanism \(mechanism.printable) is not on offer")
    }

    /// A login and a password that came without SASL (POP3 USER and PASS, IMAP LOGIN).
    package func verifyPassword(
        login: String, password: [UInt8], _ context: ClientContext
    ) async -> AuthenticationOutcome {
        let outcome = await verify(login: login, password, context)
        metrics.count(outcome, service: context.service, AuthenticationMetrics.password)
        return outcome
    }

    private func verify(
        login: String, _ password: [UInt8], _ context: ClientContext
    ) async -> AuthenticationOutcome {
        guard context.allowsLogins else {
            return .failure(
                AuthenticationFailure(.encryptionRequired, cause: "password without encryption"))
        }
        switch await passwords.authenticate(login: login, password: password, context) {
        case .success(let account): return .success(account, authenticatedBy: login)
        case .failure(let failure): return .failure(failure)
        }
    }

    /// Nothing is on offer in clear, SCRAM neither: who can read the session can take it over.
    func isOffered(_ mechanism: SASLMechanism, _ context: ClientContext) -> Bool {
        if context.isLocalOwner { return fault == nil && mechanism == .external }
        guard fault == nil, configuration.mechanisms.contains(mechanism), context.allowsLogins
        else { return false }
        guard mechanism.scramHash == nil || canHoldSecrets.load(ordering: .relaxed) else { return false }
        if mechanism.bindsChannel { return context.offersChannelBinding }
        return mechanism != .external || context.clientCertificate != nil
    }
}
