import GRDB
import GRDBSQLite
import Logging
import MailModel
import Metrics

/// Applies changes to the index, on a thread of its own: all that waits is one transaction, so one
/// sync.
///
/// Group commit without a savepoint for each change (they cost more than the changes): when a
/// transaction fails it is rolled back, and its changes are made one by one, so that one failing
/// change fails alone. What the log tells never fails: it is tried again until it succeeds, in
/// order, and updates of a message that it tells of wait for that.
///
/// `@unchecked`: what is `var` belongs to the thread (before it starts, to recovery).
final class IndexWriter: @unchecked Sendable {
    private static let maximumBatch = 1024
    /// Rows that a batch's changes of mailboxes name: what follows does not wait for seconds.
    private static let maximumRows = 5_000
    /// Seconds until the log's changes are tried again after a failure.
    private static let retryInterval = 1
    /// How long updates wait for what the log tells of their messages.
    private static let updatePatience = Duration.seconds(10)

    private let pool: DatabasePool
    private let queue: IndexQueue
    private let deliveries: DeliveriesUnderWay
    private let recent: RecentMarks
    private let metrics: StorageMetrics
    private let logger: Logger
    private var tables: IndexTables?
    /// Changes from the log that could not be applied yet, and updates that follow from them.
    private var stalled: [IndexChange] = []
    private var stalledSince: ContinuousClock.Instant?
    private var gathering = CommitGathering()

    init(
        _ pool: DatabasePool, queue: IndexQueue, keywords: KeywordTable, pins: SegmentPins,
        deliveries: DeliveriesUnderWay, recent: RecentMarks, configuration: StorageConfiguration,
        metrics: StorageMetrics, logger: Logger
    ) throws {
        self.pool = pool
        self.queue = queue
        self.deliveries = deliveries
        self.recent = recent
        self.metrics = metrics
        self.logger = logger
        tables = try pool.writeWithoutTransaction { db in
            try IndexTables(db, keywords: keywords, pins: pins, configuration: configuration)
        }
    }

    var checkpoint: LogPosition { tables!.checkpoint }
    var idCeiling: UInt64 { tables!.idCeiling }
    var transit: TransitSet { tables!.transit }
    var knownSegments: Set<UInt64> { Set(tables!.segments.keys) }
    var sparseSegments: [UInt64] { tables!.sparseSegments }

    /// The thread's body.
    /// - Parameter publish: told of every transaction once it is durable, in order.
    func run(_ publish: (CommitEffects) -> Void) {
        while var changes = queue.changes.takeAll(
            waitingAtMost: stalled.isEmpty ? nil : Self.retryInterval)
        {
            let canWait = stalled.isEmpty && changes.allSatisfy(\.canWait)
            if canWait { gather(&changes) }
            metrics.indexActivity.begin()
            var work = (stalled + changes)[...]
            stalled = []
            while !work.isEmpty {
                let batch = Self.batch(of: work)
                work = work.dropFirst(batch.count)
                commit(batch, publish)
            }
            stalledSince = stalled.isEmpty ? nil : stalledSince ?? .now
            if !stalled.isEmpty { deliveries.giveUp() }
            if canWait { gathering.committed() }
            metrics.indexActivity.end()
        }
        // What the log told of it is there at the next start.
        for change in stalled { change.fail(.closing) }
        deliveries.giveUp()
        if !recent.all.isEmpty { commit([], publish) }
        pool.unsafeReentrantWrite { _ in tables = nil }
    }

    /// Many messages that leave the queue one after the other share transactions.
    private func gather(_ changes: inout [IndexChange]) {
        guard let pause = gathering.pause(underWay: 0) else { return }
        let joined = queue.changes.takeAll(
            reaching: gathering.enough - changes.count, within: pause)
        gathering.ended(joined: joined.count, of: changes.count + joined.count)
        changes += joined
    }

    /// One change at least.
    private static func batch(of work: ArraySlice<IndexChange>) -> ArraySlice<IndexChange> {
        var rows = 0
        let fitting = work.prefix(maximumBatch).prefix { change in
            if case .mailboxes(let operation) = change { rows += operation.rows }
            return rows <= maximumRows
        }
        return fitting.isEmpty ? work.prefix(1) : fitting
    }

    private func commit(_ batch: ArraySlice<IndexChange>, _ publish: (CommitEffects) -> Void) {
        if stalled.isEmpty {
            do {
                return publish(try transaction(batch))
            } catch {
                logger.warning(
                    "index: transaction rolled back",
                    metadata: [
                        "changes": "\(batch.count)", "error": "\(error)",
                    ])
            }
        }
        for change in batch {
            if isBehindStalled(change) {
                stall(change)
                continue
            }
            do {
                publish(try transaction([change]))
            } catch {
                refuse(change, error)
            }
        }
    }

    /// Whether it is to be applied after what could not be applied yet.
    private func isBehindStalled(_ change: IndexChange) -> Bool {
        switch change {
        case .logged: !stalled.isEmpty
        case .update(let update):
            stalled.contains { earlier in
                switch earlier {
                case .logged(.enqueued(let message, _, _)): message.id == update.id
                case .update(let other): other.id == update.id
                default: false
                }
            }
        default: false
        }
    }

    private func stall(_ change: IndexChange) {
        if case .update = change, let stalledSince, stalledSince + Self.updatePatience < .now {
            return change.fail(.localProblem("the index does not keep up"))
        }
        stalled.append(change)
    }

    private func refuse(_ change: IndexChange, _ error: any Error) {
        logger.error("index: change failed", metadata: ["error": "\(error)"])
        switch change {
        case .logged, .reserveIDs: stalled.append(change)
        default:
            let isFull = (error as? DatabaseError)?.resultCode == .SQLITE_FULL
            change.fail(isFull ? .storageFull("\(error)") : .localProblem("\(error)"))
        }
    }

    /// Makes the changes durable, all or none.
    func transaction(_ changes: ArraySlice<IndexChange>) throws -> CommitEffects {
        let tables = tables!
        let marks = recent.all
        let stopwatch = Stopwatch()
        defer { metrics.transactionLatency.record(stopwatch.nanoseconds) }
        return try pool.writeWithoutTransaction { db in
            do {
                try tables.statements.begin.run()
                try tables.apply(marks)
                for change in changes { try tables.apply(change) }
                try tables.flush()
                try tables.statements.commit.run()
            } catch {
                metrics.transactionFailures.add()
                // SQLite may have rolled back by itself.
                if sqlite3_get_autocommit(db.sqliteConnection) == 0 {
                    try db.execute(sql: "ROLLBACK")
                }
                try tables.reload(db)
                throw error
            }
            return tables.takeEffects()
        }
    }
}

extension IndexTables {
    func apply(_ change: IndexChange) throws {
        switch change {
        case .logged(let logged):
            try apply(logged)
        case .reserveIDs(let ceiling):
            reserveIDs(upTo: ceiling)
        case .update(let change):
            let results = try update(change.id, change.updates)
            effects.replies.append { change.reply.resume(returning: .success(results)) }
        case .mailboxes(let operation):
            effects.replies.append(try operation.apply(self))
        }
    }
}
