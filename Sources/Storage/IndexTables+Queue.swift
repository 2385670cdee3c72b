import MailModel
import NIOCore

/// The queue: entries and their recipients.
extension IndexTables {
    private struct EntryRow {
        var envelope: Envelope
        var nextNumber: Int64
        var size: Int
        var delivered: DeliveredCopies
    }

    /// Makes the entry.
    func enqueue(
        _ message: AcceptedMessage, _ recipients: [QueueRecipient],
        delivered: DeliveredCopies = DeliveredCopies()
    ) throws {
        var delivered = delivered
        if message.mayRepeatRecipients { delivered.watchAddresses() }
        var envelope = ByteBuffer()
        envelope.encode(message.envelope)
        let row = statements.insertEntry
        row.bind(1, Int64(message.id.rawValue))
        row.bind(2, message.arrival.milliseconds)
        row.bind(3, Int64(message.recipients.count))
        row.bind(4, envelope)
        row.bind(5, delivered.bytes)
        try row.run()
        for recipient in recipients { try write(recipient, of: message.id) }
    }

    /// Records updates in their order; the message leaves the queue with its last recipient.
    func update(_ id: QueueID, _ updates: [RecipientUpdate]) throws -> [RecipientResult] {
        guard var entry = try entry(id) else { return updates.map { _ in .gone } }
        var results: [RecipientResult] = []
        var references: Int64 = 0
        let nextNumber = entry.nextNumber
        for update in updates {
            guard let recipient = try recipient(update.number, of: id) else {
                results.append(.gone)
                continue
            }
            results.append(try record(update, recipient, id, &entry, &references))
        }
        statements.anyRecipient.bindAll(Int64(id.rawValue))
        if try statements.anyRecipient.first({ _ in true }) == nil {
            statements.deleteEntry.bindAll(Int64(id.rawValue))
            try statements.deleteEntry.run()
            references -= 1
        } else if entry.nextNumber != nextNumber || entry.delivered.isChanged {
            statements.setEntry.bindAll(Int64(id.rawValue), entry.nextNumber)
            statements.setEntry.bind(3, entry.delivered.bytes)
            try statements.setEntry.run()
        }
        try addReferences(references, to: id)
        return results
    }

    private func record(
        _ update: RecipientUpdate, _ known: QueueRecipient, _ id: QueueID,
        _ entry: inout EntryRow, _ references: inout Int64
    ) throws -> RecipientResult {
        var recipient = known
        switch update {
        case .deliverLocally(_, let account, let quota):
            // Delivered before, only its report is due: never a second time.
            guard known.state != .delivered else { return .gone }
            if !entry.delivered.contains(account) {
                let delivered = try deliver(
                    id, size: entry.size, envelope: entry.envelope, known.routed, to: account,
                    quota: quota, at: .now)
                guard delivered else { return .overQuota }
                entry.delivered.insert(account)
                references += 1
            }
            guard entry.envelope.isReportDue(on: known.routed) else {
                try remove(known.number, of: id)
                return .recorded
            }
            recipient.state = .delivered
            recipient.lastError = nil
        case .relayed:
            if known.routed.route.isRemote { entry.delivered.relayed(to: known.routed.address) }
            try remove(known.number, of: id)
            return .recorded
        case .complete:
            try remove(known.number, of: id)
            return .recorded
        case .fail(_, let error):
            recipient.state = .failed
            recipient.attempts += 1
            recipient.lastError = error
        case .postpone(_, let until, let error, let delayReported):
            recipient.state = .deferred
            recipient.attempts += 1
            recipient.nextAttempt = until
            recipient.lastError = error
            recipient.delayReported = delayReported
        case .hold:
            recipient.state = .hold
        case .release:
            recipient.state = .active
            recipient.nextAttempt = .now
        case .replace(_, let others):
            try remove(known.number, of: id)
            for routed in try withoutSecondCopies(others, id, &entry) {
                let added = QueueRecipient(
                    number: Int(entry.nextNumber), routed: routed, nextAttempt: .now)
                try write(added, of: id)
                entry.nextNumber += 1
            }
            return .recorded
        }
        try write(recipient, of: id)
        return .recorded
    }

    /// Those that a replaced recipient leads to, without addresses at other hosts that have their copy or
    /// wait for it. Who is to hear of a success gets a copy of its own: only the other host tells of it.
    private func withoutSecondCopies(
        _ others: [RoutedRecipient], _ id: QueueID, _ entry: inout EntryRow
    ) throws -> [RoutedRecipient] {
        func mayBeSecond(_ routed: RoutedRecipient) -> Bool {
            routed.route.isRemote && !entry.envelope.isReportDue(on: routed)
        }
        if others.contains(where: { $0.route == .unresolved }) { entry.delivered.watchAddresses() }
        guard others.contains(where: mayBeSecond) else { return others }
        var waiting: Set<EmailAddress> = []
        statements.listRecipients.bindAll(Int64(id.rawValue))
        try statements.listRecipients.each { row in
            let routed = try QueueRecipient(row, from: 0).routed
            if routed.route.isRemote { waiting.insert(routed.address.withFoldedDomain) }
        }
        return others.filter { routed in
            guard mayBeSecond(routed) else { return true }
            let address = routed.address.withFoldedDomain
            return waiting.insert(address).inserted && !entry.delivered.wasRelayed(to: address)
        }
    }

    private func entry(_ id: QueueID) throws -> EntryRow? {
        statements.getEntry.bindAll(Int64(id.rawValue))
        return try statements.getEntry.first { row in
            var envelope = row.buffer(2)
            return EntryRow(
                envelope: try envelope.decodeEnvelope(), nextNumber: row.integer(1),
                size: Int(row.integer(3)), delivered: DeliveredCopies(stored: row.buffer(4)))
        }
    }

    private func recipient(_ number: Int, of id: QueueID) throws -> QueueRecipient? {
        statements.getRecipient.bindAll(Int64(id.rawValue), Int64(number))
        return try statements.getRecipient.first { try QueueRecipient($0, from: 0) }
    }

    private func write(_ recipient: QueueRecipient, of id: QueueID) throws {
        var routed = ByteBuffer()
        routed.encode(recipient.routed)
        let error = recipient.lastError.map { error in
            var buffer = ByteBuffer()
            buffer.encode(error)
            return buffer
        }
        let row = statements.setRecipient
        row.bind(1, Int64(id.rawValue))
        row.bind(2, Int64(recipient.number))
        row.bind(3, Int64(recipient.state.rawValue))
        row.bind(4, Int64(recipient.attempts))
        row.bind(5, recipient.nextAttempt.milliseconds)
        row.bind(6, recipient.delayReported ? 1 : 0)
        row.bind(7, routed)
        row.bind(8, error)
        try row.run()
    }

    private func remove(_ number: Int, of id: QueueID) throws {
        statements.deleteRecipient.bindAll(Int64(id.rawValue), Int64(number))
        try statements.deleteRecipient.run()
    }
}

extension RecipientUpdate {
    /// Of the recipient that it is about.
    package var number: Int {
        switch self {
        case .deliverLocally(let number, _, _), .relayed(let number), .complete(let number),
            .fail(let number, _), .postpone(let number, _, _, _), .hold(let number), .release(let number),
            .replace(let number, _):
            number
        }
    }
}

extension QueueRecipient {
    /// From the columns number, state, attempts, next_attempt, delay_reported, routed, error.
    init(_ row: PreparedStatement, from first: Int32) throws {
        guard let state = QueueState(rawValue: UInt8(row.integer(first + 1))) else {
            throw DecodingFault(description: "queue state \(row.integer(first + 1))")
        }
        var routed = row.buffer(first + 5)
        var error = row.isNull(first + 6) ? nil : row.buffer(first + 6)
        self.init(
            number: Int(row.integer(first)), routed: try routed.decodeRecipient(), state: state,
            attempts: Int(row.integer(first + 2)),
            nextAttempt: Timestamp(milliseconds: row.integer(first + 3)),
            lastError: try error?.decodeMailError(), delayReported: row.integer(first + 4) != 0)
    }
}
