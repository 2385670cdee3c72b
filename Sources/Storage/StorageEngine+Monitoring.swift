import GRDB
package import MailModel

/// What the queue holds, for whoever watches it.
package struct QueueDepth: Sendable {
    package struct Part: Sendable {
        package var recipients = 0
        /// When the oldest message came that has one.
        package var oldest: Timestamp?
    }

    /// Without an entry: none.
    package var parts: [QueueState: Part] = [:]
}

extension StorageEngine {
    /// Counts the recipients in the queue; goes over all of them.
    package func queueDepth() async throws(MailError) -> QueueDepth {
        // In this order none is missed; those that get their rows meanwhile count by these.
        let transit = core.transit.depths
        var (depth, stored) = try await storedDepth(transit.keys.sorted())
        let rest = transit.filter { !stored.contains($0.key) }.values
        guard !rest.isEmpty else { return depth }
        var active = depth.parts[.active] ?? QueueDepth.Part()
        for part in rest {
            active.recipients += part.recipients
            active.oldest = [active.oldest, part.oldest].compactMap { $0 }.min()
        }
        depth.parts[.active] = active
        return depth
    }

    /// - Returns: also which of these messages have rows, as of the same moment.
    private func storedDepth(
        _ ids: [QueueID]
    ) async throws(MailError) -> (depth: QueueDepth, stored: Set<QueueID>) {
        try await core.reader.read { db in
            var depth = QueueDepth()
            // Ids ascend in the order of acceptance.
            let statement = try PreparedStatement(
                db,
                """
                SELECT state, number, arrival FROM
                (SELECT state, count(*) AS number, min(message) AS first FROM queue_recipients
                 GROUP BY state)
                JOIN queue ON message = first
                """)
            try statement.each { row in
                guard let state = QueueState(rawValue: UInt8(row.integer(0))) else { return }
                depth.parts[state] = QueueDepth.Part(
                    recipients: Int(row.integer(1)),
                    oldest: Timestamp(milliseconds: row.integer(2)))
            }
            guard let first = ids.first, let last = ids.last else { return (depth, []) }
            var stored: Set<QueueID> = []
            let rows = try PreparedStatement(db, "SELECT message FROM queue WHERE message BETWEEN ? AND ?")
            rows.bindAll(Int64(first.rawValue), Int64(last.rawValue))
            try rows.each { stored.insert(QueueID(rawValue: UInt64($0.integer(0)))) }
            return (depth, stored.intersection(ids))
        }
    }

    /// Nil when there is room for mail; else the reason why it is refused.
    package func spaceProblem() -> MailError? {
        do throws(MailError) {
            try requireRoom(sizeHint: nil)
            return nil
        } catch {
            return error
        }
    }
}
