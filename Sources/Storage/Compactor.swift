import Logging
import MailModel
import NIOCore
import Synchronization

/// Copies what is live out of sparse segments; when nothing live is left, the index drops them.
/// One segment at a time, at low priority. A crash leaves a copy that nothing refers to.
final class Compactor: Sendable {
    /// Octets and records copied at a time.
    private static let stepBytes = 1 << 20
    private static let stepRecords = 64

    private struct Copy: Sendable {
        var id: QueueID
        var position: LogPosition
        var bytes: ByteBuffer
    }

    private let files: SegmentFiles
    private let index: IndexReader
    private let log: LogWriter
    private let logger: Logger
    private let requests = AsyncStream<UInt64>.makeStream()
    /// Segments asked for in this run; one that can't be emptied is not tried again.
    private let known = Mutex<Set<UInt64>>([])

    init(files: SegmentFiles, index: IndexReader, log: LogWriter, logger: Logger) {
        self.files = files
        self.index = index
        self.log = log
        self.logger = logger
    }

    func consider(_ segments: [UInt64]) {
        for segment in segments where known.withLock({ $0.insert(segment).inserted }) {
            requests.continuation.yield(segment)
        }
    }

    func close() { requests.continuation.finish() }

    func run() async {
        for await segment in requests.stream {
            if Task.isCancelled { return }
            do {
                try await compact(segment)
            } catch {
                logger.error(
                    "compaction failed",
                    metadata: [
                        "segment": "\(segment)", "error": "\(error)",
                    ])
            }
        }
    }

    private func compact(_ number: UInt64) async throws {
        let file = try files.file(.segment(number))
        guard let header = try SegmentHeader.read(file, number: number) else {
            return logger.error(
                "compaction: segment's header damaged", metadata: ["segment": "\(number)"])
        }
        var scanner = try SegmentScanner(file, header, from: 0)
        while !Task.isCancelled {
            let step = await index.io.run { [self, scanner] in
                Result { () throws -> (SegmentScanner, [Copy], atEnd: Bool) in
                    var scanner = scanner
                    let (copies, atEnd) = try nextCopies(&scanner)
                    return (scanner, copies, atEnd)
                }
            }
            guard let (next, copies, atEnd) = try step?.get() else { return }
            scanner = next
            try await relocate(copies)
            if atEnd { return }
        }
    }

    /// Blocks. The next live records, checked.
    private func nextCopies(_ scanner: inout SegmentScanner) throws -> ([Copy], atEnd: Bool) {
        var copies: [Copy] = []
        var bytes = 0
        while copies.count < Self.stepRecords, bytes < Self.stepBytes {
            guard let record = try scanner.nextRecord() else { return (copies, true) }
            guard ![.largeAccepted, .settled].contains(record.header.kind),
                try index.location(of: record.header.id) == .log(record.body)
            else { continue }
            let file = try files.file(.segment(record.body.segment))
            let body = try file.readBuffer(
                at: record.body.offset, count: record.header.messageSize)
            copies.append(Copy(id: record.header.id, position: record.body, bytes: body))
            bytes += body.readableBytes
        }
        return (copies, false)
    }

    /// At once, so that they share a commit.
    private func relocate(_ copies: [Copy]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for copy in copies {
                group.addTask { [log] in
                    try await log.append(
                        .relocated(copy.id, size: copy.bytes.readableBytes, from: copy.position),
                        body: copy.bytes)
                }
            }
            try await group.waitForAll()
        }
    }
}
