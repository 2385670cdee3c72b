import MailModel

/// Accepted messages become mailbox rows, and queue rows for what can't be settled at once.
extension IndexTables {
    /// A message whose recipients are all local never gets a queue row.
    func apply(_ change: LoggedChange) throws {
        switch change {
        case .accepted(let message, let body, let end):
            try settle(message, at: message.isLarge ? .ownFile : .log(body))
            advance(to: end)
        case .relocated(let id, let size, let from, let to, let end):
            try relocate(id, size: size, from: from, to: to)
            advance(to: end)
        case .skipped(let end):
            advance(to: end)
        }
    }

    private func settle(_ message: AcceptedMessage, at location: MessageLocation) throws {
        var references: Int64 = 0
        var left: [QueueRecipient] = []
        for (number, routed) in message.recipients.enumerated() {
            var recipient = QueueRecipient(
                number: number, routed: routed, nextAttempt: message.arrival)
            if case .mailbox(let account, let quota) = routed.route {
                let delivered = try deliver(
                    message.id, size: message.size, envelope: message.envelope, routed,
                    to: account, quota: quota, at: message.arrival)
                if delivered {
                    references += 1
                    guard message.envelope.isReportDue(on: routed) else { continue }
                    recipient.state = .delivered
                } else {
                    recipient.lastError = .overQuota
                }
            }
            left.append(recipient)
        }
        if !left.isEmpty {
            references += 1
            try enqueue(message, left)
        }
        try store(message.id, size: message.size, at: location, references: references)
    }

    /// Inserts the message into the account's INBOX; false when it is full.
    func deliver(
        _ id: QueueID, size: Int, envelope: Envelope, _ routed: RoutedRecipient,
        to account: AccountID, quota: Quota, at time: Timestamp
    ) throws -> Bool {
        let header = configuration.deliveryHeader(envelope.reversePath, routed.address)
        let bytes = Int64(size + header.count)
        let inbox = try mailbox(named: Self.inbox, of: account)
        guard accounts[account]!.has(room: bytes, within: quota) else { return false }
        if mailboxes[inbox] == nil { _ = try load(inbox, of: account) }
        let state = mailboxes[inbox]!
        // UIDs are 32 bits and never used again (RFC 9051 section 2.3.1.1).
        guard state.uidNext < UInt32.max else { return false }

        let row = statements.deliver
        row.bind(1, inbox)
        row.bind(2, Int64(state.uidNext))
        row.bind(3, Int64(id.rawValue))
        row.bind(4, 0)
        row.bind(5, Int64(state.modSequence + 1))
        row.bind(6, time.milliseconds)
        row.bind(7, header)
        try row.run()
        change(inbox) { mailbox in
            mailbox.uidNext += 1
            mailbox.modSequence += 1
            mailbox.messages += 1
            mailbox.bytes += bytes
        }
        accounts[account]!.messages += 1
        accounts[account]!.bytes += bytes
        effects.append(uid: state.uidNext, mailbox: inbox, account: account)
        return true
    }
}

extension MailError {
    /// RFC 3463 X.2.2: mailbox full.
    static let overQuota = MailError(452, .init(4, 2, 2), "Mailbox full")
}

extension Envelope {
    /// NOTIFY=SUCCESS, and somebody to tell (RFC 3461 section 4.1).
    func isReportDue(on recipient: RoutedRecipient) -> Bool {
        reversePath != .null && recipient.envelopeRecipient.notify?.contains(.success) == true
    }
}
