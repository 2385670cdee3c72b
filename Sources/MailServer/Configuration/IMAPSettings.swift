/// How long IMAP clients may take, and how much.
package struct IMAPSettings: Sendable {
    package var idleTimeout: Duration
    package var loginTimeout: Duration
    package var keepAlive: Duration
    package var maximumFailedCommands: Int
    package var maximumMessageSize: Int
    /// At one time, over all listeners.
    package var sessions: Int
    /// From one IPv4 address or one IPv6 /64.
    package var sessionsPerAddress: Int
    package var sessionsPerUser: Int
    package var accountCheck: Duration
    /// Every account's mail is indexed as it comes, not only from the first search of text on.
    package var alwaysIndexesText: Bool

    /// - Parameter limits: those of the other services. IMAP clients stay, so that its own defaults are
    ///   higher; never lower than what somebody allows the others.
    init(_ section: ConfigurationSection, _ limits: LimitSettings) {
        // RFC 9051 section 5.4: 30 minutes at least.
        idleTimeout =
            section.duration("idle_timeout", .seconds(1800) ... .seconds(86400)) ?? .seconds(1800)
        loginTimeout =
            section.duration("login_timeout", .seconds(10) ... .seconds(3600)) ?? .seconds(180)
        keepAlive =
            section.duration("keep_alive", .seconds(10) ... .seconds(1740)) ?? .seconds(120)
        maximumFailedCommands = section.integer("maximum_failed_commands", 1...1000) ?? 20
        maximumMessageSize = section.size("maximum_message_size", 1 << 16...1 << 40) ?? 100 << 20
        sessions = section.integer("sessions", 1...1_000_000) ?? max(10_000, limits.sessionsPerService)
        sessionsPerAddress =
            section.integer("sessions_per_address", 1...1_000_000) ?? max(1000, limits.sessionsPerAddress)
        sessionsPerUser = section.integer("sessions_per_user", 1...1_000_000) ?? 128
        accountCheck =
            section.duration("account_check", .seconds(1) ... .seconds(3600)) ?? .seconds(45)
        alwaysIndexesText =
            section.choice("text_index", ["on-demand": false, "always": true]) ?? false
        section.finish()
    }
}
