/// Sessions at one time, and how long a stop waits for them.
package struct LimitSettings: Sendable {
    /// For each service (mx, submission, ODMR, POP3), over all its listeners. IMAP has its own.
    package var sessionsPerService: Int
    /// From one IPv4 address or one IPv6 /64, for each service.
    package var sessionsPerAddress: Int
    /// How long sessions may finish when the server stops.
    package var shutdownGrace: Duration
    /// Of a TLS handshake.
    package var handshakeTimeout: Duration
    /// Without progress while something is being sent.
    package var writeTimeout: Duration
    /// Octets of messages in memory, over all sessions.
    package var messageMemory: Int

    init(_ section: ConfigurationSection) {
        sessionsPerService = section.integer("sessions", 1...1_000_000) ?? 256
        sessionsPerAddress = section.integer("sessions_per_address", 1...1_000_000) ?? 128
        shutdownGrace = section.duration("shutdown_grace", .zero ... .seconds(600)) ?? .seconds(10)
        handshakeTimeout =
            section.duration("handshake_timeout", .seconds(1) ... .seconds(600)) ?? .seconds(30)
        writeTimeout =
            section.duration("write_timeout", .seconds(1) ... .seconds(3600)) ?? .seconds(300)
        messageMemory = section.size("message_memory", 1 << 20...1 << 40) ?? 256 << 20
        section.finish()
    }
}
