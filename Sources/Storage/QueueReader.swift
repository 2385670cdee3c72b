import MailModel

/// The queue's entries, wherever they are. First it looks at what is in transit, then into the index:
/// a message that moves meanwhile is found in one of them, or in both.
struct QueueReader: Sendable {
    let transit: TransitMessages
    let index: IndexReader

    func entry(_ id: QueueID) async throws(MailError) -> QueueEntry? {
        if let entry = transit.entry(id) { return entry }
        return try await index.entry(id)
    }

    /// In the order of their ids, after `after`, at most `limit`.
    func entries(after: QueueID?, limit: Int) async throws(MailError) -> [QueueEntry] {
        let moving = transit.entries(after: after)
        let stored = try await index.entries(after: after, limit: limit)
        guard !moving.isEmpty else { return stored }
        // The index is the younger.
        var entries = Dictionary(uniqueKeysWithValues: moving.map { ($0.id, $0) })
        for entry in stored { entries[entry.id] = entry }
        return Array(entries.values.sorted { $0.id < $1.id }.prefix(limit))
    }
}
