package import MailModel
package import SMTP

/// How one SMTP listener serves its clients.
package struct SMTPServiceSettings: Sendable {
    package var hostname: String
    package var role: SMTPServerConfiguration.Role
    /// TLS begins before SMTP (RFC 8314 section 3.3).
    package var implicitTLS = false
    /// Clients that may send anywhere without logging in.
    package var relayNetworks: [IPNetwork] = []
    /// AUTH with passwords, and mail, without TLS.
    package var allowsLoginWithoutTLS = false
    /// Users may name senders, and authors in From, that the directory does not give them.
    package var allowsAnySender = false
    package var limits = SessionLimits()
    package var message = MessageLimits()
    /// Received fields in a message that make it a loop.
    package var maximumHops = 100
    /// For one command, from the reply before it (RFC 5321 section 4.5.3.2.7).
    package var commandTimeout = Duration.seconds(300)
    /// For some octets of a message (RFC 5321 section 4.5.3.2.5).
    package var dataTimeout = Duration.seconds(180)
    /// Octets a second that a message must have on average, after its first minute.
    package var minimumDataRate = 256
    /// A connection that is this old ends with 421 when no transaction is under way.
    package var sessionLifetime = Duration.seconds(3600)
    /// How long a submitted message may be held; nil: FUTURERELEASE is not on offer.
    package var maximumHold: Duration? = .seconds(7 * 86400)
    /// The highest MT-PRIORITY of a user who has logged in.
    package var maximumPriority: Int8 = 4
    package var handshakeTimeout = Duration.seconds(30)
    /// How long a mail exchanger's greeting waits for clients that speak before it: long enough to
    /// read what came with the connection. Zero: it does not wait.
    package var greetDelay = Duration.milliseconds(1)

    package init(hostname: String, role: SMTPServerConfiguration.Role) {
        self.hostname = hostname
        self.role = role
    }

    /// The session's configuration; `isTrusted` for a client of `relayNetworks`.
    func session(
        hasTLS: Bool, isTrusted: Bool, startsQueues: Bool
    ) -> SMTPServerConfiguration {
        let isForUsers = role != .mailExchanger
        return SMTPServerConfiguration(
            hostname: hostname, role: role, limits: limits, message: message,
            offersStartTLS: hasTLS && !implicitTLS,
            requiresTLS: isForUsers && !allowsLoginWithoutTLS && !isTrusted,
            requiresAuthentication: isForUsers && !isTrusted, isTrusted: isTrusted,
            maximumHold: maximumHold, maximumPriority: maximumPriority,
            offersQueueStart: startsQueues)
    }
}
