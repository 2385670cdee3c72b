package import MailModel
package import Storage

/// What became of a recipient in an attempt, for those who count it or keep it.
package struct DeliveryEvent: Sendable {
    package var id: QueueID
    /// As in the log: `delivered`, `relayed`, `deferred`, `bounced` …
    package var status: String
    /// As it was before the attempt.
    package var recipient: QueueRecipient
    /// Since the message came.
    package var age: Duration
    package var error: MailError?
    /// Who has taken it over.
    package var handover: Handover?

    package init(
        id: QueueID, status: String, recipient: QueueRecipient, age: Duration, error: MailError?,
        handover: Handover? = nil
    ) {
        self.id = id
        self.status = status
        self.recipient = recipient
        self.age = age
        self.error = error
        self.handover = handover
    }
}

/// Is told what happens to messages on their way out. Called on the way: must not wait.
package protocol DeliveryObserver: Sendable {
    func attempted(_ event: DeliveryEvent)

    /// - Parameters:
    ///   - id: of the message that the report is about.
    ///   - recipients: how many of its recipients the report tells of.
    func reported(_ id: QueueID, as report: QueueID, to target: EmailAddress, recipients: Int)
}
