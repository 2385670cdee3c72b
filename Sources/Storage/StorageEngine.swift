import GRDB
package import Logging
package import MailModel
import Synchronization

/// The engine under spool and mailboxes: a message log that makes messages durable, and behind it
/// an index that delivers them.
///
/// `accept` returns after one fdatasync of the log. The record holds envelope and recipients, so
/// the log alone is enough to deliver: the index applies records strictly in the log's order and
/// moves its checkpoint in the same transaction. Whatever the moment of a crash, recovery replays
/// what lies behind the checkpoint, so delivery into a mailbox happens exactly once.
///
/// A message for elsewhere gets rows in the index only if it is not delivered at once: see
/// `TransitMessages`. Until then the index remembers which records before its checkpoint count yet.
///
/// On disk: `spool/` (see `SegmentFiles`), `index.sqlite`, and `lock`, which one engine holds.
package final class StorageEngine: QueueStorage {
    private static let ioThreads = 4

    package var metrics: StorageMetrics { core.metrics }

    let core: EngineCore
    private let compaction: Task<Void, Never>
    private let isClosed = Atomic(false)

    private init(_ core: EngineCore) {
        self.core = core
        compaction = Task(priority: .background) { [compactor = core.compactor] in
            await compactor.run()
        }
    }

    /// Opens the state directory, made when it does not exist, and recovers. Blocks.
    /// - Throws: `StorageError` when another server has it open or its index can't be trusted,
    ///   `FileSystemError`, or an error of SQLite.
    package static func open(
        at directory: String, configuration: StorageConfiguration,
        fileSystem: any FileSystem = SystemFileSystem(), logger: Logger
    ) throws -> StorageEngine {
        try StorageEngine(
            EngineCore(
                directory: directory, configuration: configuration, fileSystem: fileSystem,
                ioThreads: ioThreads, logger: logger))
    }

    /// Finishes what was begun and leaves the directory to another. What comes later fails.
    package func close() async {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        core.compactor.close()
        compaction.cancel()
        await compaction.value
        await core.close()
    }

    /// - Parameter hook: told of messages that reached mailboxes as soon as they were accepted, on
    ///   the index's thread: must not wait.
    package func onDirectDelivery(_ hook: @escaping @Sendable ([DirectDelivery]) -> Void) {
        core.deliveryHook.withLock { $0 = DeliveryHook(tell: hook) }
    }

    // MARK: QueueStorage

    package func requireRoom(sizeHint: Int?) throws(MailError) {
        try core.draftMeans.space.require(sizeHint ?? 0)
    }

    package func makeDraft(sizeHint: Int?) throws(MailError) -> MessageDraft {
        guard !isClosed.load(ordering: .relaxed) else { throw .closing }
        let means = core.draftMeans
        try means.budget.check()
        try requireRoom(sizeHint: sizeHint)
        let id = try core.ids.make { [core] ceiling in
            _ = core.indexQueue.changes.push(.reserveIDs(upTo: ceiling))
        }
        return MessageDraft(id: id, means: means)
    }

    package func accept(
        _ draft: MessageDraft, envelope: Envelope, recipients: [RoutedRecipient]
    ) async throws(MailError) {
        do throws(MailError) {
            let (body, isLarge) = try await draft.finish()
            var envelope = envelope
            envelope.recipients = []
            envelope.mayNeedConversion = draft.mayNeedConversion
            let message = AcceptedMessage(
                id: draft.id, size: draft.size, isLarge: isLarge, arrival: .now,
                envelope: envelope, recipients: recipients)
            try await core.log.append(.accepted(message), body: body)
            draft.accepted()
        } catch {
            draft.discard()
            throw error
        }
    }

    package var pendingEntries: AsyncStream<QueueEntry> { core.pending.stream }

    package func update(_ id: QueueID, _ updates: [RecipientUpdate]) async throws(MailError)
        -> [RecipientResult]
    {
        if core.transit.isWaiting(id) { return try await core.log.update(id, updates) }
        return try await core.indexQueue.perform {
            .update(QueueUpdate(id: id, updates: updates, reply: $0))
        }
    }

    package func entry(_ id: QueueID) async throws(MailError) -> QueueEntry? {
        try await core.queue.entry(id)
    }

    package func entries(after: QueueID?, limit: Int) async throws(MailError) -> [QueueEntry] {
        try await core.queue.entries(after: after, limit: limit)
    }
}
