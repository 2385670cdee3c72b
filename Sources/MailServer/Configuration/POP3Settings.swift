/// How long POP3 clients may take.
package struct POP3Settings: Sendable {
    package var idleTimeout: Duration
    package var loginTimeout: Duration
    package var maximumFailedCommands: Int

    init(_ section: ConfigurationSection) {
        // RFC 1939 section 3: ten minutes at least.
        idleTimeout =
            section.duration("idle_timeout", .seconds(600) ... .seconds(86400)) ?? .seconds(600)
        loginTimeout =
            section.duration("login_timeout", .seconds(10) ... .seconds(3600)) ?? .seconds(180)
        maximumFailedCommands = section.integer("maximum_failed_commands", 1...1000) ?? 20
        section.finish()
    }
}
