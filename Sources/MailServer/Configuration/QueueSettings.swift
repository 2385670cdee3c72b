/// When mail is tried again and when it is given up.
package struct QueueSettings: Sendable {
    /// First wait after our own disk, directory or a full mailbox stood in the way.
    package var firstLocalDelay: Duration
    /// First wait after another host stood in the way.
    package var firstRemoteDelay: Duration
    package var maximumDelay: Duration
    package var expiry: Duration
    /// When the sender is told that mail is late; nil for never.
    package var delayWarning: Duration

    init(_ section: ConfigurationSection) {
        firstLocalDelay =
            section.duration("first_local_delay", .seconds(1) ... .seconds(3600)) ?? .seconds(10)
        firstRemoteDelay =
            section.duration("first_remote_delay", .seconds(1) ... .seconds(86400)) ?? .seconds(300)
        maximumDelay =
            section.duration("maximum_delay", .seconds(10) ... .seconds(86400)) ?? .seconds(3600)
        expiry =
            section.duration("expiry", .seconds(10) ... .seconds(30 * 86400)) ?? .seconds(5 * 86400)
        delayWarning =
            section.duration("delay_warning", .seconds(10) ... .seconds(30 * 86400))
            ?? .seconds(4 * 3600)
        section.finish()
    }
}
