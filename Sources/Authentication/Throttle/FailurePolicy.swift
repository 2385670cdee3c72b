/// One try to log in, as the throttle counts it.
struct LoginAttempt: Sendable {
    let network: NetworkKey
    /// Of the login as it was prepared, case apart: known and unknown logins are counted alike.
    let login: KeyedDigest.Value
    let start: ContinuousClock.Instant
    let previousFailures: Int
    /// That the password may take (see `PasswordVerifier`): an existing login is not to be known by them.
    var binds = 1
}

/// Makes failures: with the wait that the throttle asks for, and the end of the connection after
/// too many of them.
final class FailurePolicy: Sendable {
    let throttle: LoginThrottle
    let now: @Sendable () -> ContinuousClock.Instant
    private let configuration: AuthenticationConfiguration
    private let digest = KeyedDigest()

    init(
        _ configuration: AuthenticationConfiguration,
        now: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        self.configuration = configuration
        self.now = now
        throttle = LoginThrottle(configuration, now: now)
    }

    func attempt(
        login: String, _ context: ClientContext, start: ContinuousClock.Instant
    ) -> LoginAttempt {
        LoginAttempt(
            network: NetworkKey(context.remoteAddress),
            login: digest.value(of: Array(login.lowercased().utf8)), start: start,
            previousFailures: context.previousFailures)
    }

    /// A refusal that waits as every other does, whatever its kind. `counts` is false for what
    /// tells a guesser nothing new.
    func refuse(
        _ attempt: LoginAttempt, _ kind: AuthenticationFailure.Kind, _ cause: String,
        counts: Bool = true
    ) -> AuthenticationFailure {
        AuthenticationFailure(
            kind, cause: cause,
            delay: throttle.delay(
                attempt.network, login: attempt.login, askedAt: attempt.start,
                binds: attempt.binds, counts: counts),
            closeConnection: attempt.previousFailures + 1 >= configuration.failuresPerConnection)
    }

    /// Nothing was asked of the directory.
    func tooMany(_ attempt: LoginAttempt) -> AuthenticationFailure {
        AuthenticationFailure(
            .tooManyFailures, cause: "too many failures lately, password not looked at",
            delay: max(configuration.maximumDelay - (now() - attempt.start), .zero),
            closeConnection: true)
    }

    /// A sentence that no mechanism has. It proves nothing, so it is not counted against the
    /// address, but a connection only has so many.
    func malformed(_ cause: String, _ context: ClientContext) -> AuthenticationFailure {
        AuthenticationFailure(
            .malformed, cause: cause,
            closeConnection: context.previousFailures + 1 >= configuration.failuresPerConnection)
    }
}
