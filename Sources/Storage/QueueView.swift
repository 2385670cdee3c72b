import GRDB
package import MailModel
package import NIOCore

/// The queue of a state directory, read from outside the server that may be using it: for
/// `martlet queue`. Changes nothing.
///
/// It reads the index. A message for elsewhere is there when its first attempt has failed, or when
/// that takes longer than a second or two; what is for mailboxes here follows within milliseconds.
/// After a crash, what the log holds beyond the index is listed once a server has started again.
package final class QueueView: Sendable {
    private let pool: DatabasePool
    private let io: IOThreads
    let reader: IndexReader
    private let messages: MessageReader

    /// - Throws: `StorageError` or an error of SQLite when there is no readable index.
    package init(directory: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 1
        pool = try DatabasePool(path: directory + "/index.sqlite", configuration: configuration)
        io = try IOThreads(count: 1)
        reader = IndexReader(pool: pool, io: io, locations: LocationCache())
        messages = MessageReader(
            files: SegmentFiles(SystemFileSystem(), directory: directory + "/spool"), index: reader,
            transit: TransitMessages())
    }

    /// See `QueueStorage.entries`.
    package func entries(after: QueueID?, limit: Int) async throws(MailError) -> [QueueEntry] {
        try await reader.entries(after: after, limit: limit)
    }

    /// See `QueueStorage.entry`.
    package func entry(_ id: QueueID) async throws(MailError) -> QueueEntry? {
        try await reader.entry(id)
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
