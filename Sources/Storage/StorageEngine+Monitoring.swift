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
    /// Counts the recipients in the queue; goes over all of them. A message that gets its rows at this
    /// moment may count twice.
    package func queueDepth() async throws(MailError) -> QueueDepth {
        let transit = core.transit.depth
        var depth = try await storedDepth()
        guard transit.recipients > 0 else { return depth }
        var active = depth.parts[.active] ?? QueueDepth.Part()
        active.recipients += transit.recipients
        active.oldest = [active.oldest, transit.oldest].compactMap { $0 }.min()
        depth.parts[.active] = active
        return depth
    }

    private func storedDepth() async throws(MailError) -> QueueDepth {
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
            return depth
        }
    }

    /// Nil when there is room for mail; else the reason why it is refused.
    package func spaceProblem() -> MailError? {
        do throws(MailError) {
            try core.draftMeans.space.require(0)
            return nil
        } catch {
            return error
        }
    }
}
