import Directory

/// One authentication exchange of one connection. Used by one task at a time; dropping it at any
/// point abandons the exchange, as a client does with `*`.
///
/// libsasl2 speaks the mechanism; whatever must be asked of the directory is asked before or after
/// it, so that no thread waits within the library.
package final class SASLExchange {
    /// Octets of a decoded response. Nothing that is on offer needs more.
    package static let maximumResponseLength = 12 * 1024

    package let mechanism: SASLMechanism
    private let context: ClientContext
    private let service: SASLService
    private var conversation: SASLConversation?
    private var scram: ScramExchange?
    private var hasEnded = false
    /// What PLAIN or LOGIN have proved, once they have succeeded: for another server.
    package private(set) var password: [UInt8]?

    init(_ mechanism: SASLMechanism, _ context: ClientContext, _ service: SASLService) {
        self.mechanism = mechanism
        self.context = context
        self.service = service
    }

    /// The client's next message, decoded: at first its initial response, or nil if it sent none
    /// (an empty one is not none).
    package func step(_ response: [UInt8]?) async -> SASLStep {
        let step = await advance(response)
        if case .done(let outcome, _) = step {
            service.metrics.count(outcome, service: context.service, mechanism.rawValue)
        }
        return step
    }

    private func advance(_ response: [UInt8]?) async -> SASLStep {
        guard !hasEnded else { return failed(service.policy.malformed("exchange is over", context)) }
        guard (response?.count ?? 0) <= Self.maximumResponseLength else {
            return failed(service.policy.malformed("response is too long", context))
        }
        guard let conversation = open() else {
            return failed(AuthenticationFailure(.unavailable, cause: "libsasl2 is out of memory"))
        }
        if let hash = mechanism.scramHash, let response, !response.isEmpty {
            if let failure = await prepare(hash, response, conversation) { return failed(failure) }
        }
        switch conversation.step(response) {
        case .challenge(let challenge):
            await scram?.pace(service)
            return .challenge(challenge)
        case .finished(let serverFinal):
            let outcome = await conclude(conversation.identities)
            end()
            guard case .success = outcome else { return .done(outcome, serverFinal: nil) }
            password = conversation.identities.password
            return .done(outcome, serverFinal: serverFinal)
        case .failed(let status, let cause):
            return failed(failure(status, cause))
        }
    }

    private func open() -> SASLConversation? {
        if conversation == nil {
            conversation = SASLConversation(
                service: context.service, hostname: service.configuration.hostname,
                mechanism: mechanism)
        }
        return conversation
    }

    /// What SCRAM needs before libsasl2 sees a message: secret and channel binding for the first,
    /// the binding's comparison for the second.
    private func prepare(
        _ hash: ScramHash, _ message: [UInt8], _ conversation: SASLConversation
    ) async -> AuthenticationFailure? {
        if let scram { return scram.checkBinding(message, service, context) }
        switch await ScramExchange.begin(mechanism, hash, message, context, service) {
        case .failure(let failure): return failure
        case .success(let scram):
            self.scram = scram
            conversation.identities.secret = scram.secret.authPassword
            if let (kind, bytes) = scram.binding { conversation.setBinding(kind, bytes) }
            return nil
        }
    }

    private func failure(_ status: Int32, _ cause: String) -> AuthenticationFailure {
        switch SASLStatus.kind(of: status) {
        case .malformed: service.policy.malformed(cause, context)
        case .unavailable: AuthenticationFailure(.unavailable, cause: cause)
        case let kind:
            service.policy.refuse(
                scram?.attempt
                    ?? service.policy.attempt(login: "", context, start: service.policy.now()),
                kind, scram?.decoyReason ?? cause)
        }
    }

    // MARK: After the mechanism

    private func conclude(_ identities: SASLIdentities) async -> AuthenticationOutcome {
        let login = identities.authenticationID.flatMap { String(validating: $0, as: UTF8.self) }
        let authorization: String?
        if let bytes = identities.authorizationID {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                return .failure(service.policy.malformed("authorization identity is not UTF-8", context))
            }
            authorization = text
        } else {
            authorization = nil
        }
        if context.isLocalOwner { return await localAccount(authorization) }
        let authenticated: Result<(Account, String), AuthenticationFailure>
        switch mechanism {
        case .external: authenticated = await certificateAccount()
        case .plain, .login:
            // A login that is no text is as unknown as any other.
            let login = login ?? ""
            authenticated = await service.passwords.authenticate(
                login: login, password: identities.password ?? [],
                mustBeText: mechanism == .plain, context
            ).map { ($0, login) }
        default:
            authenticated = scramAccount()
        }
        switch authenticated {
        case .failure(let failure): return .failure(failure)
        case .success((let account, let login)):
            return await service.authorizer.authorize(account, login: login, as: authorization)
        }
    }

    private func scramAccount() -> Result<(Account, String), AuthenticationFailure> {
        guard let scram else {
            return .failure(service.policy.malformed("no client-first message", context))
        }
        return scram.account(service, context).map { ($0, scram.login) }
    }

    /// The account that the server's owner wants to act as, whatever its status.
    private func localAccount(_ name: String?) async -> AuthenticationOutcome {
        guard let name = name.flatMap(LoginName.prepared) else {
            return .failure(
                AuthenticationFailure(.notAuthorized, cause: "the local socket needs an account to act as"))
        }
        switch await service.directory.account(login: name) {
        case .found(let account): return .success(account, authenticatedBy: "local")
        case .notFound:
            return .failure(AuthenticationFailure(.notAuthorized, cause: "no account \(name.printable)"))
        case .unavailable(let fault):
            return .failure(AuthenticationFailure(.unavailable, cause: fault.cause))
        }
    }

    private func certificateAccount() async -> Result<(Account, String), AuthenticationFailure> {
        guard let certificate = context.clientCertificate else {
            return .failure(AuthenticationFailure(.unknownMechanism, cause: "no client certificate"))
        }
        let attempt = service.policy.attempt(
            login: certificate.subject, context, start: service.policy.now())
        let subject = certificate.subject.printable
        switch await service.directory.account(
            certificate: certificate.subject, emails: certificate.emails)
        {
        case .found(let account):
            guard account.mayLogIn else {
                return .failure(
                    service.policy.refuse(
                        attempt, .disabled, "\(account.dn) has the status \(account.status)"))
            }
            guard account.allows(service: context.service) else {
                return .failure(
                    service.policy.refuse(
                        attempt, .notAuthorized,
                        "\(account.login) may not use \(context.service)", counts: false))
            }
            return .success((account, account.login))
        case .notFound:
            return .failure(
                service.policy.refuse(
                    attempt, .invalidCredentials, "no account for the certificate of \(subject)"))
        case .unavailable(let fault):
            return .failure(AuthenticationFailure(.unavailable, cause: fault.cause))
        }
    }

    private func failed(_ failure: AuthenticationFailure) -> SASLStep {
        end()
        return .done(.failure(failure), serverFinal: nil)
    }

    private func end() {
        hasEnded = true
        conversation = nil
    }
}
