import GRDB
import Logging
import MailModel
import Synchronization

/// Who is told of changes. A closure that is kept in a generic container by itself gets a thunk more
/// each time it is taken out.
struct ChangeObserver: Sendable {
    let tell: @Sendable ([MailboxChange]) -> Void
}

struct DeliveryHook: Sendable {
    let tell: @Sendable ([DirectDelivery]) -> Void
}

/// The engine's parts, put together, and its threads.
final class EngineCore: Sendable {
    let draftMeans: DraftMeans
    let ids: IDAllocator
    let indexQueue = IndexQueue()
    let log: LogWriter
    let reader: IndexReader
    let messages: MessageReader
    let transit = TransitMessages()
    let deliveries = DeliveriesUnderWay()
    let queue: QueueReader
    let pending: PendingEntries
    let listings = ListingCache()
    let statuses = StatusCache()
    let keywords = KeywordTable()
    let pins = SegmentPins()
    let observer = Mutex<ChangeObserver?>(nil)
    let deliveryHook = Mutex<DeliveryHook?>(nil)
    let compactor: Compactor
    let metrics = StorageMetrics()

    private let files: SegmentFiles
    let pool: DatabasePool
    /// Reads, and writes apart from them: a POP3 login does not wait behind large messages.
    private let readThreads: IOThreads
    private let writeThreads: IOThreads
    private let threads: Mutex<(log: StorageThread, index: StorageThread)?>
    private let lock: Mutex<(any FileLock)?>
    private let logger: Logger

    init(
        directory: String, configuration: StorageConfiguration, fileSystem: any FileSystem,
        ioThreads: Int, logger: Logger
    ) throws {
        try fileSystem.createDirectory(directory)
        lock = Mutex(try Self.lock(directory, fileSystem))
        guard try !fileSystem.list(directory).contains(RestoreFolder.name) else {
            throw StorageError("a restore of \(directory) was cut short: run it again")
        }
        let spool = directory + "/spool"
        try fileSystem.createDirectory(spool)
        try fileSystem.syncDirectory(directory)
        let files = SegmentFiles(fileSystem, directory: spool)
        let pool = try IndexDatabase.open(at: directory + "/index.sqlite")
        let readThreads = try IOThreads("storage-read", count: ioThreads)
        let writeThreads = try IOThreads("storage-write", count: ioThreads)
        let reader = IndexReader(pool: pool, io: readThreads, locations: LocationCache())

        let writer = try IndexWriter(
            pool, queue: indexQueue, keywords: keywords, pins: pins, deliveries: deliveries,
            configuration: configuration, metrics: metrics, logger: logger)
        let recovery = Recovery(files: files, writer: writer, logger: logger)
        let (tail, highestID) = try recovery.run()
        let first = max(writer.idCeiling, (highestID?.rawValue ?? 0) + 1)
        _ = try writer.transaction([.reserveIDs(upTo: first + IDAllocator.block)])
        try recovery.removeOrphans { try reader.location(of: $0) == .ownFile }
        ids = IDAllocator(first: first, ceiling: first + IDAllocator.block)

        let space = SpaceGauge(
            fileSystem, directory: spool, minimum: configuration.minimumFreeBytes)
        queue = QueueReader(transit: transit, index: reader)
        pending = PendingEntries(
            queue, boundary: QueueID(rawValue: first), logger: logger)
        draftMeans = DraftMeans(
            files: files, io: writeThreads,
            budget: MemoryBudget(limit: configuration.outstandingBytes), space: space,
            threshold: configuration.largeMessageThreshold, logger: logger)
        let segments = SegmentWriter(
            files: files, segmentSize: configuration.segmentSize, tail: tail, io: writeThreads,
            metrics: metrics, logger: logger)
        log = LogWriter(
            segments, space: space, index: indexQueue, transit: transit,
            transitTime: configuration.transitTime, deliveries: deliveries,
            drafts: draftMeans.underWay, pending: pending,
            metrics: metrics, logger: logger)
        messages = MessageReader(files: files, index: reader, transit: transit)
        compactor = Compactor(files: files, index: reader, log: log, logger: logger)
        compactor.consider(writer.sparseSegments)
        self.files = files
        self.pool = pool
        self.readThreads = readThreads
        self.writeThreads = writeThreads
        self.reader = reader
        self.logger = logger
        threads = Mutex(nil)

        let log = log
        let logThread = try StorageThread(name: "storage-log") { log.run() }
        let indexThread = try StorageThread(name: "storage-index") { [self] in
            writer.run { publish($0) }
        }
        threads.withLock { $0 = (logThread, indexThread) }
    }

    private static func lock(_ directory: String, _ fileSystem: any FileSystem) throws
        -> any FileLock
    {
        do throws(FileSystemError) {
            return try fileSystem.lock(directory + "/lock")
        } catch {
            throw StorageError("\(directory) is in use by another server (\(error))")
        }
    }

    /// On the index thread, after each commit.
    private func publish(_ effects: CommitEffects) {
        let changes = effects.announcement()
        listings.invalidate(effects.changes)
        statuses.apply(effects.changes, effects.statuses)
        reader.locations.set(effects.moved)
        if let ceiling = effects.idCeiling { ids.raised(to: ceiling) }
        if !changes.isEmpty, let observer = observer.withLock({ $0 }) { observer.tell(changes) }
        if let checkpoint = effects.checkpoint { deliveries.made(through: checkpoint) }
        if !effects.directDeliveries.isEmpty, let hook = deliveryHook.withLock({ $0 }) {
            hook.tell(effects.directDeliveries)
        }
        // Before the replies: who was answered finds the rows.
        reader.locations.set(effects.enqueued.map { ($0.id, to: $0.at) })
        transit.remove(effects.enqueued.map(\.id))
        pending.announce(effects.pending)
        for reply in effects.replies { reply() }
        reader.locations.forget(effects.removed)
        for id in effects.removedFiles { draftMeans.removeFile(of: id) }
        for segment in effects.deadSegments { removeSegment(segment) }
        compactor.consider(effects.sparseSegments)
    }

    private func removeSegment(_ number: UInt64) {
        let (files, logger) = (files, logger)
        writeThreads.start {
            do {
                try files.remove(.segment(number))
                logger.debug("message log: segment removed", metadata: ["segment": "\(number)"])
            } catch {
                logger.warning(
                    "a dead segment stays until the next start",
                    metadata: [
                        "segment": "\(number)", "error": "\(error)",
                    ])
            }
        }
    }

    /// Ends the threads, the log's before the index's, so that nothing logged is left out.
    func close() async {
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            do {
                _ = try StorageThread(name: "storage-close") { [self] in
                    shutDown()
                    done.resume()
                }
            } catch {
                // No thread to be had: better to block here than to leave work undone.
                shutDown()
                done.resume()
            }
        }
    }

    private func shutDown() {
        let threads = threads.withLock { threads in
            defer { threads = nil }
            return threads
        }
        log.close()
        threads?.log.join()
        indexQueue.changes.close()
        threads?.index.join()
        writeThreads.shutDown()
        readThreads.shutDown()
        pending.close()
        do {
            // So that a copy of index.sqlite made now is whole.
            try pool.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
            try pool.close()
        } catch {
            logger.error("index not closed", metadata: ["error": "\(error)"])
        }
        lock.withLock { $0 = nil }
    }
}
