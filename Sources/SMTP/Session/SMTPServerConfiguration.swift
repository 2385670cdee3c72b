package import MailModel
internal import NIOCore

/// How a listener's sessions behave. Shared by them all, so that an idle one holds a reference.
package final class SMTPServerConfiguration: Sendable {
    package enum Role: Sendable {
        /// Takes mail for our domains from anyone (RFC 5321).
        case mailExchanger
        /// Takes mail from our users (RFC 6409).
        case submission
        /// Takes none: hands a host the mail of its domains over the host's own connection
        /// (On-Demand Mail Relay, RFC 2645).
        case onDemandRelay
    }

    package let hostname: String
    package let role: Role
    package let limits: SessionLimits
    package let message: MessageLimits
    /// STARTTLS is offered in the clear.
    package let offersStartTLS: Bool
    /// MAIL in the clear is answered with 530. RFC 3207 forbids it where the world delivers.
    package let requiresTLS: Bool
    /// MAIL without AUTH is answered with 530 (RFC 4954 section 6).
    package let requiresAuthentication: Bool
    package let allowsBarePaths: Bool
    /// The client may relay without logging in.
    package let isTrusted: Bool
    /// How long a submitted message may be held (RFC 4865); nil: FUTURERELEASE is not on offer.
    package let maximumHold: Duration?
    /// The highest MT-PRIORITY of a user who has logged in (RFC 6710). A stranger's is 0, a trusted
    /// client's 9.
    package let maximumPriority: Int8
    /// ETRN is on offer (RFC 1985).
    package let offersQueueStart: Bool
    let clock: @Sendable () -> Timestamp

    /// The lines of the reply to EHLO that are the same for everyone.
    let fixedCapabilities: ByteBuffer

    package init(
        hostname: String, role: Role, limits: SessionLimits = .init(),
        message: MessageLimits = .init(), offersStartTLS: Bool, requiresTLS: Bool = false,
        requiresAuthentication: Bool = false, allowsBarePaths: Bool = false,
        isTrusted: Bool = false, maximumHold: Duration? = nil, maximumPriority: Int8 = 4,
        offersQueueStart: Bool = false, clock: @escaping @Sendable () -> Timestamp = { .now }
    ) {
        self.hostname = hostname
        self.role = role
        self.limits = limits
        self.message = message
        self.offersStartTLS = offersStartTLS
        self.requiresTLS = requiresTLS
        self.requiresAuthentication = requiresAuthentication
        self.allowsBarePaths = allowsBarePaths
        self.isTrusted = isTrusted
        self.maximumHold = role == .submission ? maximumHold : nil
        self.maximumPriority = maximumPriority
        self.offersQueueStart = offersQueueStart && role != .onDemandRelay
        self.clock = clock
        guard role != .onDemandRelay else {
            fixedCapabilities = ByteBuffer(string: "250-ENHANCEDSTATUSCODES\r\n250-ATRN\r\n")
            return
        }
        fixedCapabilities = ByteBuffer(
            string: """
                250-PIPELINING\r
                250-SIZE \(message.maximumSize)\r
                250-8BITMIME\r
                250-SMTPUTF8\r
                250-BINARYMIME\r
                250-CHUNKING\r
                250-DSN\r
                250-ENHANCEDSTATUSCODES\r
                250-LIMITS MAILMAX=\(limits.transactions) RCPTMAX=\(limits.recipients)\r
                250-DELIVERBY\r
                250-MT-PRIORITY\r
                250-VRFY\r\n
                """ + (offersQueueStart ? "250-ETRN\r\n" : ""))
    }
}

/// How much one client may do on one connection.
package struct SessionLimits: Sendable {
    /// Recipients of a message; more get 452 4.5.3. RFC 5321 section 4.5.3.1.8 wants 100 or more.
    package var recipients: Int
    /// MAIL and ETRN commands; the next one gets 421.
    package var transactions: Int
    /// Commands refused for their form or order since the last accepted message; then 421.
    package var failedCommands: Int
    /// Unknown recipients, VRFY and EXPN after which each further one is answered late by
    /// `harvestDelay`, and after which the connection ends with 421.
    package var probesBeforeDelay: Int
    package var probes: Int
    package var harvestDelay: Duration

    package init(
        recipients: Int = 1000, transactions: Int = 1000, failedCommands: Int = 10,
        probesBeforeDelay: Int = 10, probes: Int = 50, harvestDelay: Duration = .seconds(1)
    ) {
        self.recipients = recipients
        self.transactions = transactions
        self.failedCommands = failedCommands
        self.probesBeforeDelay = probesBeforeDelay
        self.probes = probes
        self.harvestDelay = harvestDelay
    }
}
