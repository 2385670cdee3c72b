/// Limits and choices of authentication. Each has a value that suits most sites.
package struct AuthenticationConfiguration: Sendable {
    /// What may be offered, in order of preference. Take the SCRAM mechanisms out where the
    /// directory holds no SCRAM secrets: a client that prefers them could never log in.
    package var mechanisms: [SASLMechanism] = SASLMechanism.allCases
    /// The server's name in exchanges.
    package var hostname: String = "localhost"

    /// How long a password that a bind has proved right is taken without another bind. A changed
    /// password's predecessor stays good for as long.
    package var successLifetime: Duration = .seconds(60)
    /// How long such a password is still taken while the directory does not answer.
    package var successLifetimeInOutage: Duration = .seconds(600)
    /// How long a wrong password is refused without another bind, so that a device that repeats
    /// a stale one does not lock its owner out.
    package var failureLifetime: Duration = .seconds(120)
    /// How many passwords are remembered, of either kind.
    package var rememberedPasswords = 100_000

    /// A failure is answered this long after it was asked; twice as long after each further one.
    package var firstDelay: Duration = .milliseconds(500)
    package var maximumDelay: Duration = .seconds(15)
    /// Failures are forgotten by halves in this time.
    package var failureHalfLife: Duration = .seconds(300)
    /// The connection ends with this failure.
    package var failuresPerConnection = 3
    /// An address with so many recent failures gets no more binds, only remembered passwords.
    package var failuresPerAddress = 20
    /// A login with so many recent failures gets no more binds for addresses that failed
    /// themselves lately.
    package var failuresPerLogin = 50
    /// How many addresses, and how many logins, are kept count of.
    package var trackedFailures = 100_000

    /// SCRAM's first challenge comes this long after it was asked for at the soonest, which hides
    /// whether secrets had to be looked up.
    package var scramChallengeFloor: Duration = .milliseconds(10)
    /// The iteration count and the salt's length in challenges to logins without secrets: what
    /// the site's real secrets have.
    package var decoyIterations = 4096
    package var decoySaltLength = 16
    /// Keys the salts of such challenges. Unless it is kept over restarts, a restart changes
    /// them, and only them.
    package var decoyKey: [UInt8]?

    package init() {}
}
