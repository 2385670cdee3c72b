package import MailModel

/// Whose domain a summary of the queue goes by.
package enum QueueSide: Sendable { case sender, recipient }

/// As much of a recipient in the queue as a summary needs.
package struct QueueGlimpse: Sendable {
    package var state: QueueState
    package var arrival: Timestamp
    /// Of the address of the side that was asked for; empty for the null sender.
    package var domain: String
}

extension QueueView {
    /// Goes over all recipients in the queue, in no order. Of what is stored only the domain is
    /// decoded: a second is enough for some hundred thousand.
    package func reduce<Value: Sendable>(
        _ side: QueueSide, into initial: Value,
        _ body: @escaping @Sendable (inout Value, QueueGlimpse) -> Void
    ) async throws(MailError) -> Value {
        // What has got rows since then counts as those tell.
        var moving: [QueueID: QueueEntry] = [:]
        for entry in queue.transit.entries(after: nil) { moving[entry.id] = entry }
        return try await queue.index.readOne { [moving] db in
            var moving = moving
            let column = side == .sender ? "q.envelope" : "r.routed"
            // Both tables are in the order of ids: one pass over each.
            let statement = try PreparedStatement(
                db,
                """
                SELECT q.arrival, r.state, \(column), q.message
                FROM queue_recipients r CROSS JOIN queue q ON q.message = r.message
                """)
            var value = initial
            try statement.each { row in
                guard let state = QueueState(rawValue: UInt8(row.integer(1))) else {
                    throw DecodingFault(description: "queue state \(row.integer(1))")
                }
                let domain =
                    side == .sender
                    ? try StoredDomain.ofSender(in: row.bytes(2))
                    : try StoredDomain.ofRecipient(in: row.bytes(2))
                if !moving.isEmpty { moving[QueueID(rawValue: UInt64(row.integer(3)))] = nil }
                let arrival = Timestamp(milliseconds: row.integer(0))
                body(&value, QueueGlimpse(state: state, arrival: arrival, domain: domain))
            }
            for entry in moving.values {
                for recipient in entry.recipients {
                    let domain = side == .sender ? entry.senderDomain : recipient.routed.address.domain
                    body(
                        &value,
                        QueueGlimpse(
                            state: recipient.state, arrival: entry.arrival, domain: domain))
                }
            }
            return value
        }
    }
}

extension QueueEntry {
    fileprivate var senderDomain: String {
        if case .address(let address) = envelope.reversePath { address.domain } else { "" }
    }
}
