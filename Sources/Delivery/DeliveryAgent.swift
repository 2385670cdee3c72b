package import MailModel
package import Storage

/// A way out of the queue: into mailboxes here, to other hosts. One contract for all of them.
///
/// An agent tries each recipient once and says what became of it; when to try again, when to give
/// up and who is told is the queue manager's to decide. It bounds its own waits, and answers soon
/// after its task is cancelled.
package protocol DeliveryAgent: Sendable {
    /// - Parameter progress: is told while another host keeps the attempt waiting.
    func deliver(_ attempt: DeliveryAttempt, _ progress: any DeliveryProgress) async
        -> DeliveryResult
}

/// How an attempt goes on, for whoever shares out the connections.
package protocol DeliveryProgress: Sendable {
    /// The host has not answered for a while.
    /// - Returns: false: too many hosts keep us waiting for this one to do so, too.
    func isWaiting(for what: AwaitedAnswer) -> Bool

    /// It has answered after all.
    func goesOn()

    /// This host is tried now, or its session used.
    func turned(to host: String, at address: String)

    /// For whoever watches; may be called often.
    func reached(_ stage: DeliveryStage)
}

extension DeliveryProgress {
    package func turned(to host: String, at address: String) {}
    package func reached(_ stage: DeliveryStage) {}
}

package enum AwaitedAnswer: Sendable {
    /// That it takes mail at all.
    case greeting
    /// To a command.
    case reply
    /// To a message which the host may have: it can't be given up.
    case verdict
}

/// One message, for some of its recipients.
package struct DeliveryAttempt: Sendable {
    package let message: MessageReference
    package let envelope: Envelope
    package let arrival: Timestamp
    package let recipients: [QueueRecipient]

    package init(
        message: MessageReference, envelope: Envelope, arrival: Timestamp,
        recipients: [QueueRecipient]
    ) {
        self.message = message
        self.envelope = envelope
        self.arrival = arrival
        self.recipients = recipients
    }
}

package struct DeliveryResult: Sendable {
    /// What was learned of the destination's hosts.
    package enum Hosts: Sendable {
        /// One of them takes mail.
        case answer
        /// The same, after they had failed: what waits for them need not wait any longer.
        case recover
        /// None could be reached, or none wants to talk to us.
        case fail
        /// They were not asked.
        case unknown
    }

    /// One for each recipient of the attempt, in their order.
    package var outcomes: [DeliveryOutcome]
    package var hosts: Hosts

    package init(_ outcomes: [DeliveryOutcome], hosts: Hosts = .unknown) {
        self.outcomes = outcomes
        self.hosts = hosts
    }
}

package enum DeliveryOutcome: Sendable {
    /// Delivered, and recorded so in the same transaction.
    case recorded
    /// Another host has taken it over.
    case relayed(Handover)
    /// Not now (4xx).
    case deferred(MailError)
    /// Its host comes and goes, and is away: it waits without a warning to the sender, for so long
    /// after its arrival.
    case waiting(MailError, atMost: Duration)
    /// Never (5xx).
    case failed(MailError)
    /// The directory has another way for it by now.
    case misrouted
    /// It had left the queue already.
    case gone
}

/// Who took a message over, and what was said.
package struct Handover: Sendable {
    package var host: String
    /// Of the host.
    package var address: String
    /// TLS version and cipher, and who was verified; nil in clear.
    package var tls: String?
    /// The reply to the message.
    package var reply: String
    /// It has said that it will report success itself (RFC 3461 section 5.2.2).
    package var reportsSuccess: Bool

    package init(
        host: String, address: String, tls: String?, reply: String, reportsSuccess: Bool
    ) {
        self.host = host
        self.address = address
        self.tls = tls
        self.reply = reply
        self.reportsSuccess = reportsSuccess
    }
}
