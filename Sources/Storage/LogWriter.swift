import Glibc
import Logging
import MailModel
import Metrics
import NIOCore
import Synchronization

/// Appends records to the message log, on a thread of its own.
///
/// Group commit: all that waits is written at once, one fdatasync makes it durable, then every
/// waiter goes on and the index gets the batch, at once or a moment after the one before. A batch that
/// fails, fails as a whole and leaves no trace: the segment is cut back to its good end, or given up
/// when the disk has failed (after a failed fdatasync the kernel may have dropped pages and yet
/// report success the next time).
///
/// `@unchecked`: `held`, `handedOver`, `tail` and `next` belong to the thread.
final class LogWriter: @unchecked Sendable {
    /// Bounds of one batch.
    private static let maximumRecords = 512
    private static let maximumBytes = 16 << 20
    /// Records that may wait for the index before the log waits too, and how long it waits.
    private static let indexBacklog = 16_384
    private static let indexPatience = 10
    /// The index, each of whose transactions is a sync of its own, gets what the log has at once after
    /// a quiet moment, else this long after it was last given something, or when so many records have
    /// come together. Nobody waits for that but readers.
    private static let handOverInterval = Duration.milliseconds(10)
    private static let heldRecords = 256

    private let files: SegmentFiles
    private let segmentSize: Int64
    private let space: SpaceGauge
    private let io: IOThreads
    private let index: IndexQueue
    private let metrics: StorageMetrics
    private let logger: Logger
    private let queue = WorkQueue<LogRecord>()

    /// Durable, and not given to the index yet.
    private var held: [LoggedChange] = []
    private var handedOver = SuspendingClock.now - LogWriter.handOverInterval
    private var tail: LogTail
    private let newest: Atomic<UInt64>
    /// The next segment, made while this one is still filled. It may yet be in the making when this
    /// thread makes it itself: both write the same octets.
    private var next: SegmentHeader?
    private let prepared = Mutex<(number: UInt64, file: any StorageFile)?>(nil)

    init(
        files: SegmentFiles, segmentSize: Int64, tail: LogTail, space: SpaceGauge, io: IOThreads,
        index: IndexQueue, metrics: StorageMetrics, logger: Logger
    ) {
        self.files = files
        self.segmentSize = segmentSize
        self.space = space
        self.io = io
        self.index = index
        self.metrics = metrics
        self.logger = logger
        self.tail = tail
        newest = Atomic(tail.header.number)
    }

    private var segment: UInt64 { tail.header.number }

    /// Segments from this one on are written to.
    var newestSegment: UInt64 { newest.load(ordering: .acquiring) }

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
        if !queue.push(record) { done(.failure(.closing)) }
    }

    /// Ends `run` once everything that waits is written.
    func close() { queue.close() }

    /// The thread's body.
    func run() {
        while let records = queue.takeAll(waitingAtMost: held.isEmpty ? nil : untilHandOver) {
            metrics.logActivity.begin()
            var waiting = records[...]
            while !waiting.isEmpty {
                let batch = nextBatch(waiting)
                waiting = waiting.dropFirst(batch.count)
                commit(batch)
            }
            metrics.logActivity.end()
            if untilHandOver <= .zero || held.count >= Self.heldRecords { handOver() }
        }
        handOver()
        tail.file = nil
    }

    private var untilHandOver: Duration { handedOver + Self.handOverInterval - .now }

    /// Lets the index apply what is durable.
    private func handOver() {
        guard !held.isEmpty else { return }
        index.push(held)
        held.removeAll(keepingCapacity: true)
        handedOver = .now
    }

    /// As many records as fit into the segment (one at least, into an empty one) and the bounds.
    private func nextBatch(_ waiting: ArraySlice<LogRecord>) -> ArraySlice<LogRecord> {
        if tail.file != nil, tail.end > SegmentHeader.length,
            tail.end + Int64(waiting.first!.length) > segmentSize
        {
            leaveSegment()
        }
        let room = min(Int64(Self.maximumBytes), segmentSize - tail.end)
        var bytes: Int64 = 0
        let fitting = waiting.prefix(Self.maximumRecords).prefix { record in
            bytes += Int64(record.length)
            return bytes <= room
        }
        return fitting.isEmpty ? waiting.prefix(1) : fitting
    }

    private func commit(_ records: ArraySlice<LogRecord>) {
        guard index.waitForRoom(below: Self.indexBacklog, atMost: Self.indexPatience) else {
            return finish(records, .failure(.localProblem("the index does not keep up")))
        }
        do throws(FileSystemError) {
            let file = try currentFile()
            var sealed = Array(records)
            var changes: [LoggedChange] = []
            changes.reserveCapacity(sealed.count)
            var position = LogPosition(segment: segment, offset: tail.end)
            for number in sealed.indices {
                sealed[number].seal(for: tail.header)
                let change = sealed[number].change(at: position)
                changes.append(change)
                position = change.end
            }
            try write(sealed, to: file)
            space.wrote(Int(position.offset - tail.end))
            tail.end = position.offset
            held += changes
        } catch {
            metrics.commitFailures.add()
            logger.error(
                "message log: batch refused",
                metadata: [
                    "records": "\(records.count)", "segment": "\(segment)", "error": "\(error)",
                ])
            return finish(records, .failure(error.mailError))
        }
        finish(records, .success(()))
        prepareNext()
    }

    private func write(_ records: [LogRecord], to file: any StorageFile) throws(FileSystemError) {
        var buffers: [UnsafeRawBufferPointer] = []
        buffers.reserveCapacity(records.count * 2)
        for record in records {
            // The pointers stay good while `records` holds the buffers unchanged.
            record.head.withVeryUnsafeReadableBytes { buffers.append($0) }
            if record.body.readableBytes > 0 {
                record.body.withVeryUnsafeReadableBytes { buffers.append($0) }
            }
        }
        defer { withExtendedLifetime(records) {} }
        let stopwatch = Stopwatch()
        do throws(FileSystemError) {
            try file.write(buffers, at: tail.end)
        } catch {
            cutBack(file, givingUp: false)
            throw error
        }
        do throws(FileSystemError) {
            try file.sync()
        } catch {
            cutBack(file, givingUp: true)
            throw error
        }
        metrics.commitLatency.record(stopwatch.nanoseconds)
        metrics.commitRecords.record(records.count)
    }

    /// Takes a failed batch's octets away again, so that recovery does not find them.
    private func cutBack(_ file: any StorageFile, givingUp: Bool) {
        var givingUp = givingUp
        do {
            try file.truncate(to: tail.end)
        } catch {
            logger.error(
                "message log: a refused batch can't be cut off",
                metadata: [
                    "segment": "\(segment)", "error": "\(error)",
                ])
            givingUp = true
        }
        if givingUp {
            leaveSegment()
            handOver()
            index.push([.skipped(to: LogPosition(segment: segment, offset: 0))])
        }
    }

    private func leaveSegment() {
        tail = LogTail(newSegment: segment + 1)
        if let next { tail.header = next }
        next = nil
        newest.store(segment, ordering: .releasing)
    }

    private func currentFile() throws(FileSystemError) -> any StorageFile {
        if let file = tail.file { return file }
        let made = prepared.withLock { prepared in
            defer { prepared = nil }
            return prepared?.number == segment ? prepared?.file : nil
        }
        let opened = if let made { made } else { try files.create(tail.header) }
        tail.file = opened
        return opened
    }

    /// Has the next segment made once this one is half full.
    private func prepareNext() {
        guard tail.end > segmentSize / 2, next == nil else { return }
        let header = SegmentHeader(number: segment + 1)
        next = header
        io.start { [self] in
            do throws(FileSystemError) {
                let file = try files.create(header)
                prepared.withLock { $0 = (header.number, file) }
            } catch {
                logger.warning(
                    "message log: next segment not made ahead",
                    metadata: [
                        "segment": "\(header.number)", "error": "\(error)",
                    ])
            }
        }
    }

    private func finish(_ records: ArraySlice<LogRecord>, _ result: Result<Void, MailError>) {
        for record in records { record.done(result) }
    }
}

extension ByteBuffer {
    /// A pointer that is good as long as the buffer is neither changed nor released.
    func withVeryUnsafeReadableBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        withUnsafeReadableBytesWithStorageManagement { bytes, _ in body(bytes) }
    }
}
