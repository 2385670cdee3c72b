import GRDB
package import MailModel
package import NIOCore

/// The queue of a state directory, read from outside the server that may be using it: for
/// `martlet queue`. Changes nothing.
///
/// It reads the index, which follows the log by milliseconds, and the log's end for messages in
/// transit, as they are when the view is made. After a crash, messages for mailboxes here that only
/// the log holds are listed once a server has started again.
package final class QueueView: Sendable {
    private let pool: DatabasePool
    private let io: IOThreads
    let queue: QueueReader
    private let messages: MessageReader

    /// - Throws: `StorageError` or an error of SQLite when there is no readable index,
    ///   `FileSystemError` when the log can't be read.
    package init(directory: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 1
        pool = try DatabasePool(path: directory + "/index.sqlite", configuration: configuration)
        io = try IOThreads(count: 1)
        let files = SegmentFiles(SystemFileSystem(), directory: directory + "/spool")
        let reader = IndexReader(pool: pool, io: io, locations: LocationCache())
        queue = QueueReader(transit: try Self.transit(pool, files), index: reader)
        messages = MessageReader(files: files, index: reader, transit: queue.transit)
    }

    /// What the log tells of messages that the index has no rows of.
    private static func transit(_ pool: DatabasePool, _ files: SegmentFiles) throws
        -> TransitMessages
    {
        let (known, checkpoint) = try pool.read { db in
            (try TransitSet(db), try LogPosition.checkpoint(db))
        }
        let transit = TransitMessages()
        let excerpt = LogExcerpt(start: min(known.lowest ?? checkpoint, checkpoint), end: nil)
        _ = try files.read(excerpt) { change, end in
            switch change {
            case .accepted(let message, let body, _):
                guard end > checkpoint || known.starts[message.id] != nil else { return }
                _ = transit.insert(message, body: body)
            case .settled(let id, let numbers, _, _): transit.settle(id, numbers)
            default: break
            }
        }
        return transit
    }

    /// See `QueueStorage.entries`.
    package func entries(after: QueueID?, limit: Int) async throws(MailError) -> [QueueEntry] {
        try await queue.entries(after: after, limit: limit)
    }

    /// See `QueueStorage.entry`.
    package func entry(_ id: QueueID) async throws(MailError) -> QueueEntry? {
        try await queue.entry(id)
    }

    /// See `QueueStorage.read`.
    package func read(_ message: MessageReference, _ range: Range<Int>) async throws(MailError)
        -> ByteBuffer
    {
        try await messages.read(message, range)
    }

    /// Ends the reading thread.
    package func close() { io.shutDown() }
}
