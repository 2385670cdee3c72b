internal import MailModel
internal import Spool
internal import Storage

/// Where entries of the queue are read: the running server's store, or the state directory.
protocol QueueSource: Sendable {
    func entry(_ id: QueueID) async throws(MailError) -> QueueEntry?
    func entries(after: QueueID?, limit: Int) async throws(MailError) -> [QueueEntry]
}

extension QueueView: QueueSource {}

extension Spool: QueueSource {
    func entry(_ id: QueueID) async throws(MailError) -> QueueEntry? { try await show(id) }

    func entries(after: QueueID?, limit: Int) async throws(MailError) -> [QueueEntry] {
        try await list(after: after, limit: limit)
    }
}

/// The queue, or chosen messages of it, in the order of acceptance, as many at a time as are well
/// held in memory.
struct QueuePages<Source: QueueSource> {
    private static var size: Int { 500 }

    private let source: Source
    private var last: QueueID?
    private var ids: ArraySlice<QueueID>?

    /// - Parameter ids: the messages; nil: all.
    init(_ source: Source, ids: [QueueID]?) {
        self.source = source
        self.ids = ids?[...]
    }

    /// Nil at the end. A page of chosen messages may be empty.
    mutating func next() async throws(MailError) -> [QueueEntry]? {
        guard let ids else {
            let page = try await source.entries(after: last, limit: Self.size)
            last = page.last?.id
            return page.isEmpty ? nil : page
        }
        guard !ids.isEmpty else { return nil }
        let chosen = ids.prefix(Self.size)
        self.ids = ids.dropFirst(Self.size)
        var page: [QueueEntry] = []
        for id in chosen {
            if let entry = try await source.entry(id) { page.append(entry) }
        }
        return page
    }
}
