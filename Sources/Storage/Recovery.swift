import Logging
import MailModel

/// Brings index and spool directory together at the start.
///
/// Records behind the checkpoint are applied as the writer would have; since the checkpoint moves
/// in the same transaction, each is applied exactly once however often the start is interrupted.
struct Recovery {
    private static let batch = 256

    let files: SegmentFiles
    let writer: IndexWriter
    let logger: Logger

    /// - Returns: where the log goes on, the file there, and the highest id found in the log.
    func run() throws -> (end: LogPosition, file: (any StorageFile)?, highestID: QueueID?) {
        let segments = try files.names().compactMap { name in
            if case .segment(let number) = name { number } else { nil }
        }.sorted()
        try files.syncDirectory()
        let checkpoint = writer.checkpoint
        var end = checkpoint
        var file: (any StorageFile)?
        var highest: QueueID?
        for number in segments where number >= checkpoint.segment {
            let opened = try files.file(.segment(number))
            let from = number == checkpoint.segment ? checkpoint.offset : 0
            guard try opened.size() >= from else {
                // The disk has lost what it had reported as written.
                logger.critical(
                    "message log: segment shorter than what the index knows of it",
                    metadata: ["segment": "\(number)", "expected": "\(from)"])
                end = LogPosition(segment: number + 1, offset: 0)
                file = nil
                continue
            }
            // A killed server's last writes may be in the page cache only: the index must not know
            // of bytes that the disk does not have.
            try opened.sync()
            let goodEnd = try replay(opened, number, from: from, &highest)
            end = LogPosition(segment: number, offset: goodEnd)
            file = opened
        }
        if let file {
            if try file.size() > end.offset {
                logger.notice(
                    "message log: torn tail cut off",
                    metadata: [
                        "segment": "\(end.segment)", "offset": "\(end.offset)",
                    ])
                try file.truncate(to: end.offset)
            }
            try file.sync()
        } else if end.offset > 0 {
            logger.critical("message log: segment missing", metadata: ["segment": "\(end.segment)"])
            end = LogPosition(segment: end.segment + 1, offset: 0)
        }
        return (end, file, highest)
    }

    private func replay(
        _ file: any StorageFile, _ number: UInt64, from: Int64, _ highest: inout QueueID?
    ) throws -> Int64 {
        var scanner = try SegmentScanner(file, number: number, from: from)
        var changes: [IndexChange] = []
        var count = 0
        while let change = try scanner.nextChange() {
            if case .accepted(let message, _, _) = change {
                highest = max(highest ?? message.id, message.id)
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
                    "segment": "\(number)", "records": "\(count)",
                ])
        }
        if scanner.skipped > 0 {
            logger.error(
                "message log: octets passed over that are no record",
                metadata: [
                    "segment": "\(number)", "octets": "\(scanner.skipped)",
                ])
        }
        return scanner.goodEnd
    }

    /// Removes files that nothing refers to: of drafts, of messages and segments whose removal a
    /// crash has cut short. To be called when the log is replayed.
    func removeOrphans(isStored: (QueueID) throws -> Bool) throws {
        let known = writer.knownSegments
        let checkpoint = writer.checkpoint
        for name in try files.names() {
            let isOrphan =
                switch name {
                case .segment(let number):
                    number < checkpoint.segment && !known.contains(number)
                case .big(let id): try !isStored(id)
                }
            guard isOrphan else { continue }
            logger.info("spool: orphan removed", metadata: ["file": "\(name.text)"])
            try files.remove(name)
        }
    }
}
