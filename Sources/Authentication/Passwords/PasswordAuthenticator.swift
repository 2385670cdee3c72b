import Directory
import Logging

/// From a login and a password to an account. A login that does not exist, one that is switched
/// off and a wrong password are answered in the same words after the same time: the wait is
/// counted from the question, so a bind's duration does not show in it.
final class PasswordAuthenticator: Sendable {
    private let directory: any AuthenticationDirectory
    private let memory: PasswordMemory
    private let verifier: PasswordVerifier
    private let policy: FailurePolicy
    private let logger: Logger

    init(
        directory: any AuthenticationDirectory, configuration: AuthenticationConfiguration,
        policy: FailurePolicy, logger: Logger
    ) {
        self.directory = directory
        self.policy = policy
        self.logger = logger
        memory = PasswordMemory(configuration, now: policy.now)
        verifier = PasswordVerifier(directory: directory, memory: memory)
    }

    /// - Parameter mustBeText: the mechanism has the password in UTF-8.
    func authenticate(
        login: String, password: [UInt8], mustBeText: Bool = false, _ context: ClientContext
    ) async -> Result<Account, AuthenticationFailure> {
        let start = policy.now()
        guard let name = LoginName.prepared(login) else {
            let attempt = policy.attempt(login: login, context, start: start)
            return .failure(policy.refuse(attempt, .invalidCredentials, LoginName.refusal))
        }
        guard let prepared = PreparedPassword(password, mustBeText: mustBeText) else {
            let attempt = policy.attempt(login: name, context, start: start)
            let question = memory.key(attempt.login, password)
            let isRepeated = memory.recall(question) == .wrong
            memory.rememberWrong(question)
            return .failure(
                policy.refuse(
                    attempt, .invalidCredentials, PreparedPassword.refusal, counts: !isRepeated))
        }
        let account: Account?
        switch await directory.account(login: name) {
        case .found(let found): account = found
        case .notFound: account = nil
        case .unavailable(let fault):
            return .failure(AuthenticationFailure(.unavailable, cause: fault.cause))
        }
        var attempt = policy.attempt(login: name, context, start: start)
        if prepared.isChanged { attempt.binds = 2 }
        return await verify(account, prepared, attempt).flatMap { account in
            account.allows(service: context.service)
                ? .success(account)
                : .failure(
                    policy.refuse(
                        attempt, .notAuthorized, "\(account.login) may not use \(context.service)",
                        counts: false))
        }
    }

    private func verify(
        _ account: Account?, _ password: PreparedPassword, _ attempt: LoginAttempt
    ) async -> Result<Account, AuthenticationFailure> {
        let key = account.map { memory.key($0.id, password.typed) }
        let verdict = key.flatMap { memory.recall($0, passwordChanged: account?.passwordChanged) }
        if let account, account.mayLogIn, verdict == .right { return .success(account) }

        // The same login with the same password again tells a guesser nothing, so it is not
        // counted: one device with a stale password must not shut its whole network out.
        let question = memory.key(attempt.login, password.typed)
        let isRepeated = memory.recall(question) == .wrong
        let refusal = Self.refusal(account, verdict)
        if let refusal, isRepeated {
            return .failure(policy.refuse(attempt, refusal.kind, refusal.cause, counts: false))
        }
        guard policy.throttle.begin(attempt.network, login: attempt.login) else {
            return .failure(policy.tooMany(attempt))
        }
        defer { policy.throttle.end(attempt.network) }
        guard refusal == nil, let account, let key else {
            memory.rememberWrong(question)
            return .failure(
                policy.refuse(
                    attempt, refusal?.kind ?? .invalidCredentials, refusal?.cause ?? "no account"))
        }
        let outcome = await verifier.verify(account, password: password, key: key)
        if case .unavailable(let fault) = outcome {
            guard verdict == .rightOnce else {
                return .failure(AuthenticationFailure(.unavailable, cause: fault.cause))
            }
            logger.notice(
                "Login of \(account.login) taken from memory, the directory does not answer",
                metadata: ["cause": "\(fault.cause.printable)"])
            return .success(account)
        }
        guard let refusal = Self.refusal(outcome, account) else { return .success(account) }
        if refusal.kind == .unavailable {
            return .failure(AuthenticationFailure(.unavailable, cause: refusal.cause))
        }
        memory.rememberWrong(question)
        return .failure(
            policy.refuse(attempt, refusal.kind, refusal.cause, counts: !isRepeated))
    }

    private typealias Refusal = (kind: AuthenticationFailure.Kind, cause: String)

    /// What is refused without a bind.
    private static func refusal(_ account: Account?, _ verdict: PasswordMemory.Verdict?) -> Refusal? {
        guard let account else { return (.invalidCredentials, "no such login") }
        guard account.mayLogIn else {
            return (.disabled, "\(account.dn) has the status \(account.status)")
        }
        guard verdict == .wrong else { return nil }
        return (.invalidCredentials, "wrong password for \(account.dn), as shortly before")
    }

    private static func refusal(_ outcome: BindOutcome, _ account: Account) -> Refusal? {
        switch outcome {
        case .success: nil
        case .invalidCredentials: (.invalidCredentials, "wrong password for \(account.dn)")
        case .noSuchEntry: (.invalidCredentials, "\(account.dn) is gone")
        case .locked(let text): (.locked, "\(account.dn) is locked: \(text)")
        case .passwordExpired(let text): (.passwordExpired, "password expired: \(account.dn): \(text)")
        case .mustChange: (.mustChangePassword, "\(account.dn) must change the password first")
        case .disabled(let text): (.disabled, "\(account.dn) is disabled: \(text)")
        case .refused(let text): (.unavailable, "bind as \(account.dn) refused: \(text)")
        case .unavailable(let fault): (.unavailable, fault.cause)
        }
    }
}
