import Glibc
import Logging
import MailModel
import Metrics
import NIOCore

/// Appends records to the message log, on a thread of its own.
///
/// Group commit: all that waits is written at once, one fdatasync makes it durable, then every
/// waiter goes on and the index gets the batch (see `HeldChanges`). A batch that fails, fails as a
/// whole (see `SegmentWriter`).
///
/// Messages in transit are in this thread's hands until the index is told to make rows of them.
///
/// `@unchecked`: what is `var` belongs to the thread.
final class LogWriter: @unchecked Sendable {
    /// Bounds of one batch.
    private static let maximumRecords = 512
    private static let maximumOctets = 16 << 20
    /// Records that may wait for the index before the log waits too, and how long it waits.
    private static let indexBacklog = 16_384
    private static let indexPatience = 10

    private enum Request {
        case append(LogRecord)
        case update(QueueUpdate)
        /// Somebody waits for what the index is to be told.
        case handOver
    }

    private let segments: SegmentWriter
    private let space: SpaceGauge
    private let index: IndexQueue
    private let transit: TransitMessages
    private let transitTime: Duration
    private let deliveries: DeliveriesUnderWay
    private let drafts: DraftsUnderWay
    private let pending: PendingEntries
    private let metrics: StorageMetrics
    private let logger: Logger
    private let queue = WorkQueue<Request>()

    private var batch = LogBatch()
    private var held = HeldChanges()
    private var gathering = CommitGathering()
    /// Messages in transit, and such that were, as they came.
    private var arrivals: CircularBuffer<(id: QueueID, at: SuspendingClock.Instant)> = []

    init(
        _ segments: SegmentWriter, space: SpaceGauge, index: IndexQueue, transit: TransitMessages,
        transitTime: Duration, deliveries: DeliveriesUnderWay, drafts: DraftsUnderWay,
        pending: PendingEntries, metrics: StorageMetrics, logger: Logger
    ) {
        self.segments = segments
        self.space = space
        self.index = index
        self.transit = transit
        self.transitTime = transitTime
        self.deliveries = deliveries
        self.drafts = drafts
        self.pending = pending
        self.metrics = metrics
        self.logger = logger
    }

    /// Segments from this one on are written to.
    var newestSegment: UInt64 { segments.newestSegment }

    /// Returns once the content is durable.
    func append(_ content: LogRecord.Content, body: ByteBuffer) async throws(MailError) {
        let result = await withCheckedContinuation {
            (done: CheckedContinuation<Result<Void, MailError>, Never>) in
            append(content, body: body) { done.resume(returning: $0) }
        }
        try result.get()
    }

    /// - Parameter done: called once the content is durable, mostly on the log's thread: must not
    ///   block.
    func append(
        _ content: LogRecord.Content, body: ByteBuffer,
        done: @escaping @Sendable (Result<Void, MailError>) -> Void
    ) {
        let record = LogRecord(content, body: body, done: done)
        guard record.length <= RecordHeader.maximumRecordLength else {
            return done(.failure(.recordTooLong(record.length)))
        }
        if !queue.push(.append(record)) { done(.failure(.closing)) }
    }

    /// Records what happened to recipients of a message that is, or was until now, in transit.
    func update(_ id: QueueID, _ updates: [RecipientUpdate]) async throws(MailError)
        -> [RecipientResult]
    {
        let result = await withCheckedContinuation { (reply: Reply<[RecipientResult]>) in
            let update = QueueUpdate(id: id, updates: updates, reply: reply)
            if !queue.push(.update(update)) { reply.resume(returning: .failure(.closing)) }
        }
        return try result.get()
    }

    /// Has the index told now of all that is durable, rather than in a moment.
    func handOverNow() { _ = queue.push(.handOver) }

    /// Ends `run` once everything that waits is written.
    func close() { queue.close() }

    // MARK: The thread

    /// The thread's body.
    func run() {
        while var requests = queue.takeAll(waitingAtMost: patience) {
            let isWork = requests.contains { if case .handOver = $0 { false } else { true } }
            if isWork { gather(&requests) }
            metrics.logActivity.begin()
            for request in requests {
                switch request {
                case .append(let record):
                    makeRoom(for: record.length)
                    batch.add(record)
                case .update(let update): take(update)
                case .handOver: held.expedite()
                }
            }
            commit()
            if isWork { gathering.committed() }
            metrics.logActivity.end()
            moveArrivals(before: .now - transitTime)
            if held.isDue { handOver() }
        }
        moveArrivals(before: .now)
        handOver()
        segments.close()
    }

    /// Waits for company; what comes meanwhile wakes nobody.
    private func gather(_ requests: inout [Request]) {
        guard let pause = gathering.pause(underWay: drafts.count + transit.count) else { return }
        let joined = queue.takeAll(
            reaching: gathering.enough - requests.count, within: pause)
        gathering.ended(joined: joined.count, of: requests.count + joined.count)
        requests += joined
    }

    /// Until something is to be done without being asked.
    private var patience: Duration? {
        let due = [held.due, arrivals.first.map { $0.at + transitTime }].compactMap { $0 }
        return due.min().map { max(.zero, $0 - .now) }
    }

    /// Lets the index apply what is durable.
    private func handOver() { index.push(held.take()) }

    private func makeRoom(for length: Int) {
        let isFull =
            batch.records.count >= Self.maximumRecords || batch.octets + length > batch.room
        if isFull { commit() }
        if batch.records.isEmpty {
            batch.room = Int(min(Int64(Self.maximumOctets), segments.room(for: length)))
        }
    }

    private func commit() {
        guard !batch.records.isEmpty else { return }
        var batch = LogBatch()
        swap(&batch, &self.batch)
        guard index.waitForRoom(below: Self.indexBacklog, atMost: Self.indexPatience) else {
            return refuse(batch, .localProblem("the index does not keep up"))
        }
        let starts: [LogPosition]
        do throws(FileSystemError) {
            starts = try segments.write(&batch.records)
        } catch {
            metrics.commitFailures.add()
            logger.error(
                "message log: batch refused",
                metadata: [
                    "records": "\(batch.records.count)", "segment": "\(newestSegment)",
                    "error": "\(error)",
                ])
            if let place = segments.takeGivenUp() {
                handOver()
                index.push([.skipped(to: place)])
            }
            return refuse(batch, error.mailError)
        }
        finish(batch, starts)
    }

    /// The batch is durable.
    private func finish(_ batch: LogBatch, _ starts: [LogPosition]) {
        space.wrote(batch.octets)
        let now = SuspendingClock.now
        var entered: [QueueEntry] = []
        for (record, start) in zip(batch.records, starts) {
            let change = record.change(at: start)
            if case .accepted(let message, let body, let end) = change,
                transit.insert(message, body: body)
            {
                held.add(.transit(message.id, start: start, end: end))
                arrivals.append((message.id, now))
                entered.append(message.entry())
            } else {
                if case .accepted(let message, _, let end) = change {
                    deliveries.begin(message.recipients, end: end)
                }
                held.add(change)
            }
        }
        for settlement in batch.settlements {
            transit.settle(settlement.update.id, settlement.numbers)
        }
        // Before the replies: a delivery need not wait until they are written.
        pending.announce(entered)
        for record in batch.records { record.done(.success(())) }
        for settlement in batch.settlements {
            settlement.update.reply.resume(returning: .success(settlement.results))
        }
        segments.prepareNext()
    }

    /// Nothing of the batch was written. What was to be settled the index may yet record.
    private func refuse(_ batch: LogBatch, _ error: MailError) {
        for record in batch.records { record.done(.failure(error)) }
        for settlement in batch.settlements { passOn(settlement.update) }
    }

    // MARK: Messages in transit

    /// Completions are recorded in the log; all else, and what comes after it, in the index.
    private func take(_ update: QueueUpdate) {
        guard update.isCompletion else {
            if batch.settles(update.id) { commit() }
            return passOn(update)
        }
        makeRoom(for: RecordHeader.length + LogRecord.settledOctets(update.updates.count))
        guard let message = transit.waiting(update.id) else { return index.push(update) }
        batch.settle(update, of: message)
    }

    private func passOn(_ update: QueueUpdate) {
        moveToIndex([update.id])
        index.push(update)
    }

    /// Messages that have been in transit for long get rows.
    private func moveArrivals(before time: SuspendingClock.Instant) {
        var late: [QueueID] = []
        while let first = arrivals.first {
            if transit.isWaiting(first.id) {
                guard first.at <= time else { break }
                late.append(first.id)
            }
            arrivals.removeFirst()
        }
        moveToIndex(late)
    }

    /// The index makes rows; what happens to the messages later, it learns later.
    private func moveToIndex(_ ids: [QueueID]) {
        let moved = ids.filter { id in
            guard let message = transit.waiting(id) else { return false }
            held.add(.enqueued(message.accepted, body: message.body, settled: message.settled))
            return true
        }
        guard !moved.isEmpty else { return }
        handOver()
        transit.handedOver(moved)
    }
}
