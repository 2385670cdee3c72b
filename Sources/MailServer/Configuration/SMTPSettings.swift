internal import SMTP

/// What SMTP clients may send.
package struct SMTPSettings: Sendable {
    package var maximumMessageSize: Int
    package var maximumRecipients: Int
    package var maximumLineLength: Int
    package var normalisesLineEnds: Bool
    package var maximumHops: Int
    package var commandTimeout: Duration
    package var dataTimeout: Duration
    package var minimumDataRate: Int
    package var sessionLifetime: Duration
    package var maximumTransactions: Int
    package var maximumFailedCommands: Int
    package var greetDelay: Duration
    /// Nil: users can't have mail held.
    package var maximumHold: Duration?
    package var maximumPriority: Int

    init(_ section: ConfigurationSection) {
        maximumMessageSize = section.size("maximum_message_size", 1 << 16...1 << 34) ?? 50 << 20
        maximumRecipients = section.integer("maximum_recipients", 100...100_000) ?? 1000
        maximumLineLength = section.size("maximum_line_length", 1000...1 << 20) ?? 64 << 10
        normalisesLineEnds =
            section.choice("bare_line_ends", ["reject": false, "normalise": true]) ?? false
        // RFC 5321 section 6.3: 100 at least, normally.
        maximumHops = section.integer("maximum_hops", 10...1000) ?? 100
        commandTimeout =
            section.duration("command_timeout", .seconds(1) ... .seconds(3600)) ?? .seconds(300)
        dataTimeout =
            section.duration("data_timeout", .seconds(1) ... .seconds(3600)) ?? .seconds(180)
        minimumDataRate = section.size("minimum_data_rate", 0...1 << 20) ?? 256
        sessionLifetime =
            section.duration("session_lifetime", .seconds(60) ... .seconds(86400)) ?? .seconds(3600)
        maximumTransactions = section.integer("maximum_transactions", 1...1_000_000) ?? 1000
        maximumFailedCommands = section.integer("maximum_failed_commands", 1...1000) ?? 10
        greetDelay =
            section.duration("greet_delay", .zero ... .seconds(60)) ?? .milliseconds(2)
        let hold = section.duration("future_release_maximum", .zero ... .seconds(365 * 86400))
            ?? .seconds(7 * 86400)
        maximumHold = hold > .zero ? hold : nil
        maximumPriority = section.integer("maximum_priority", 0...9) ?? 4
        section.finish()
    }
}
