/// How logins are remembered and slowed down.
package struct AuthenticationSettings: Sendable {
    /// How long a success spares the directory a bind; a changed password takes effect after it.
    package var rememberSuccess: Duration
    /// How long a wrong password is refused again without asking the directory.
    package var rememberFailure: Duration
    package var maximumDelay: Duration
    /// Failures on one connection before it is closed.
    package var failuresPerConnection: Int
    /// Whether SCRAM is offered where the directory may hold secrets for it. Clients that take the
    /// strongest mechanism and know no other way then (mbsync) need a secret for each user.
    package var offersSCRAM: Bool

    init(_ section: ConfigurationSection) {
        rememberSuccess = section.duration("remember_success", .zero ... .seconds(3600)) ?? .seconds(60)
        rememberFailure = section.duration("remember_failure", .zero ... .seconds(3600)) ?? .seconds(60)
        maximumDelay = section.duration("maximum_delay", .zero ... .seconds(60)) ?? .seconds(15)
        failuresPerConnection = section.integer("failures_per_connection", 1...100) ?? 4
        offersSCRAM = section.bool("scram") ?? true
        section.finish()
    }
}
