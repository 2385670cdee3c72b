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
        case .transit(let id, let start, let end):
            transit.insert(id, from: start)
            advance(to: end)
        case .settled(let id, let numbers, let isLast, let end):
            try settle(id, numbers, isLast: isLast)
            advance(to: end)
        case .enqueued(let message, let body, let settled):
            transit.remove(message.id)
            try enqueue(message, message.entry(without: settled).recipients)
            try store(message.id, size: message.size, at: .log(body), references: 1)
            effects.enqueued.append((message.id, .log(body)))
        case .stored(_, let end), .skipped(let end):
            advance(to: end)
        }
    }

    private func settle(_ message: AcceptedMessage, at location: MessageLocation) throws {
        var references: Int64 = 0
        var left: [QueueRecipient] = []
        var reached: [RoutedRecipient] = []
        var delivered = DeliveredCopies()
        // FUTURERELEASE (RFC 4865): until then nobody gets it. When a replay comes later than that,
        // nothing is held any more.
        let release = message.envelope.releaseAt.flatMap { $0 > .now ? $0 : nil }
        for (number, routed) in message.recipients.enumerated() {
            var recipient = QueueRecipient(
                number: number, routed: routed, nextAttempt: release ?? message.arrival)
            if release == nil, case .mailbox(let account, let quota) = routed.route {
                var hasCopy = delivered.contains(account)
                if !hasCopy {
                    hasCopy = try deliver(
                        message.id, size: message.size, envelope: message.envelope, routed,
                        to: account, quota: quota, at: message.arrival)
                    if hasCopy {
                        references += 1
                        delivered.insert(account)
                    }
                }
                if hasCopy {
                    reached.append(routed)
                    guard message.envelope.isReportDue(on: routed) else { continue }
                    recipient.state = .delivered
                } else {
                    recipient.lastError = .overQuota
                }
            }
            left.append(recipient)
        }
        if !reached.isEmpty {
            effects.directDeliveries.append(
                DirectDelivery(id: message.id, recipients: reached))
        }
        if !left.isEmpty {
            references += 1
            try enqueue(message, left, delivered: delivered)
            effects.pending.append(
                QueueEntry(
                    message: MessageReference(id: message.id, size: message.size),
                    envelope: message.envelope, arrival: message.arrival, recipients: left))
        }
        try store(message.id, size: message.size, at: location, references: references)
    }

    /// A replay makes rows of all messages: then those are what is settled.
    private func settle(_ id: QueueID, _ numbers: [Int], isLast: Bool) throws {
        if transit.starts[id] == nil {
            _ = try update(id, numbers.map { .complete(number: $0) })
        } else if isLast {
            transit.remove(id)
        }
    }

    /// Inserts the message into the account's INBOX; false when it is full.
    func deliver(
        _ id: QueueID, size: Int, envelope: Envelope, _ routed: RoutedRecipient,
        to account: AccountID, quota: Quota, at time: Timestamp
    ) throws -> Bool {
        let header = configuration.deliveryHeader(envelope.reversePath, routed.address)
        let bytes = Int64(size + header.count)
        let inbox = try inbox(of: account)
        guard accounts[account]!.has(room: bytes, within: quota),
            let state = try state(of: inbox), state.hasUID(for: 1)
        else { return false }

        let row = MailboxRow(
            uid: state.uidNext, flags: StoredFlags(), modSequence: state.modSequence + 1,
            size: size, message: id, mayNeedConversion: envelope.mayNeedConversion, date: time,
            saved: time)
        try insert(row, header: header, into: inbox)
        let added = MailboxCounters(messages: 1, unseen: 1, bytes: bytes)
        change(inbox) { mailbox in
            mailbox.uidNext += 1
            mailbox.modSequence += 1
            mailbox.counters += added
        }
        accounts[account]!.add(added)
        effects.append(row.flagged, to: inbox, of: account)
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
