import Logging
import Metrics
import NIOCore
import Synchronization

/// The log's segments as its thread writes them. A batch is written whole or leaves no trace: the
/// segment is cut back to its good end, or given up when the disk has failed (after a failed
/// fdatasync the kernel may have dropped pages and yet report success the next time).
///
/// `@unchecked`: `tail`, `next` and `givenUp` belong to the thread.
final class SegmentWriter: @unchecked Sendable {
    private let files: SegmentFiles
    private let segmentSize: Int64
    private let io: IOThreads
    private let metrics: StorageMetrics
    private let logger: Logger

    private var tail: LogTail
    private let newest: Atomic<UInt64>
    /// The next segment, made while this one is still filled. It may yet be in the making when this
    /// thread makes it itself: both write the same octets.
    private var next: SegmentHeader?
    private let prepared = Mutex<(number: UInt64, file: any StorageFile)?>(nil)
    private var givenUp: LogPosition?

    init(
        files: SegmentFiles, segmentSize: Int64, tail: LogTail, io: IOThreads,
        metrics: StorageMetrics, logger: Logger
    ) {
        self.files = files
        self.segmentSize = segmentSize
        self.tail = tail
        self.io = io
        self.metrics = metrics
        self.logger = logger
        newest = Atomic(tail.header.number)
    }

    private var segment: UInt64 { tail.header.number }

    /// Segments from this one on are written to. For any thread.
    var newestSegment: UInt64 { newest.load(ordering: .acquiring) }

    /// Octets that a batch beginning with this record may have. One record always goes into an empty
    /// segment.
    func room(for length: Int) -> Int64 {
        if tail.file != nil, tail.end > SegmentHeader.length,
            tail.end + Int64(length) > segmentSize
        {
            leaveSegment()
        }
        return segmentSize - tail.end
    }

    /// Seals the records and makes them durable.
    /// - Returns: where each begins.
    func write(_ records: inout [LogRecord]) throws(FileSystemError) -> [LogPosition] {
        let file = try currentFile()
        var starts: [LogPosition] = []
        starts.reserveCapacity(records.count)
        var position = LogPosition(segment: segment, offset: tail.end)
        for number in records.indices {
            records[number].seal(for: tail.header)
            starts.append(position)
            position.offset += Int64(records[number].length)
        }
        try write(records, to: file)
        tail.end = position.offset
        return starts
    }

    /// Where the log goes on, when a failure has made it leave a segment since the last call.
    func takeGivenUp() -> LogPosition? {
        defer { givenUp = nil }
        return givenUp
    }

    func close() { tail.file = nil }

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
            givenUp = LogPosition(segment: segment, offset: 0)
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
    func prepareNext() {
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
}

extension ByteBuffer {
    /// A pointer that is good as long as the buffer is neither changed nor released.
    fileprivate func withVeryUnsafeReadableBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        withUnsafeReadableBytesWithStorageManagement { bytes, _ in body(bytes) }
    }
}
