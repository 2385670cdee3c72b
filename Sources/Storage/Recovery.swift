import Logging
import MailModel

/// Brings index and spool directory together at the start.
///
/// Records behind the checkpoint are applied as the writer would have; since the checkpoint moves
/// in the same transaction, each is applied exactly once however often the start is interrupted.
/// After that no message is in transit: all that are not settled have rows.
struct Recovery {
    private static let batch = 256

    let files: SegmentFiles
    let writer: IndexWriter
    let logger: Logger

    /// - Returns: where the log goes on, and the highest id found in it.
    func run() throws -> (tail: LogTail, highestID: QueueID?) {
        let segments = try files.names().compactMap { name in
            if case .segment(let number) = name { number } else { nil }
        }.sorted()
        try files.syncDirectory()
        try enqueueTransit()
        let checkpoint = writer.checkpoint
        var tail: LogTail?
        var highest: QueueID?
        for number in segments where number >= checkpoint.segment {
            let from = number == checkpoint.segment ? checkpoint.offset : 0
            tail = try replay(number, from: from, &highest)
        }
        guard let tail else {
            guard checkpoint.offset > 0 else {
                return (LogTail(newSegment: checkpoint.segment), highest)
            }
            logger.critical(
                "message log: segment missing", metadata: ["segment": "\(checkpoint.segment)"])
            return (LogTail(newSegment: checkpoint.segment + 1), highest)
        }
        if let file = tail.file {
            if try file.size() > tail.end {
                logger.notice(
                    "message log: torn tail cut off",
                    metadata: [
                        "segment": "\(tail.header.number)", "offset": "\(tail.end)",
                    ])
                try file.truncate(to: tail.end)
            }
            try file.sync()
        }
        return (tail, highest)
    }

    /// - Returns: where the log goes on if this is its last segment.
    private func replay(
        _ number: UInt64, from: Int64, _ highest: inout QueueID?
    ) throws -> LogTail {
        let file = try files.file(.segment(number))
        guard try file.size() >= from else {
            // The disk has lost what it had reported as written.
            logger.critical(
                "message log: segment shorter than what the index knows of it",
                metadata: ["segment": "\(number)", "expected": "\(from)"])
            return LogTail(newSegment: number + 1)
        }
        // A killed server's last writes may be in the page cache only: the index must not know
        // of bytes that the disk does not have.
        try file.sync()
        guard let header = try SegmentHeader.read(file, number: number) else {
            // The header was durable before the first record: without one there are none.
            if try file.size() <= SegmentHeader.length { return LogTail(newSegment: number) }
            logger.critical(
                "message log: segment's header damaged, its records are not replayed",
                metadata: ["segment": "\(number)", "from": "\(from)"])
            return LogTail(newSegment: number + 1)
        }
        return LogTail(
            header, file, end: try replay(file, header, from: from, &highest))
    }

    private func replay(
        _ file: any StorageFile, _ segment: SegmentHeader, from: Int64, _ highest: inout QueueID?
    ) throws -> Int64 {
        var scanner = try SegmentScanner(file, segment, from: from)
        var changes: [IndexChange] = []
        var count = 0
        while let (change, _) = try scanner.nextChange() {
            switch change {
            case .accepted(let message, _, _): highest = max(highest ?? message.id, message.id)
            case .stored(let id, _): highest = max(highest ?? id, id)
            case .settled, .relocated, .transit, .enqueued, .skipped: break
            }
            changes.append(.logged(change))
            count += 1
            if changes.count == Self.batch {
                _ = try writer.transaction(changes[...])
                changes = []
            }
        }
        if !changes.isEmpty { _ = try writer.transaction(changes[...]) }
        if count > 0 {
            logger.notice(
                "message log: records replayed",
                metadata: [
                    "segment": "\(segment.number)", "records": "\(count)",
                ])
        }
        if scanner.skipped > 0 {
            logger.error(
                "message log: octets passed over that are no record",
                metadata: [
                    "segment": "\(segment.number)", "octets": "\(scanner.skipped)",
                ])
        }
        return scanner.goodEnd
    }

    /// Removes files that nothing refers to: of drafts, of messages and segments whose removal a
    /// crash has cut short. A segment with a damaged header may hold records that were never applied:
    /// it stays. To be called when the log is replayed.
    func removeOrphans(isStored: (QueueID) throws -> Bool) throws {
        let known = writer.knownSegments
        let checkpoint = writer.checkpoint
        for name in try files.names() {
            let isOrphan =
                switch name {
                case .segment(let number):
                    try number < checkpoint.segment && !known.contains(number)
                        && !isDamaged(number)
                case .big(let id): try !isStored(id)
                }
            guard isOrphan else { continue }
            logger.info("spool: orphan removed", metadata: ["file": "\(name.text)"])
            try files.remove(name)
        }
    }

    private func isDamaged(_ number: UInt64) throws -> Bool {
        let file = try files.file(.segment(number))
        return try file.size() > SegmentHeader.length
            && SegmentHeader.read(file, number: number) == nil
    }
}
