import GRDB
import Glibc
import MailModel

/// Which files of the spool directory a copied index needs: those that it refers to, and the log from
/// its checkpoint on, or from the first message in transit.
struct SnapshotContents {
    private(set) var files: [StateSnapshot.File] = []
    private(set) var missing: [String] = []
    private(set) var unapplied = 0

    /// - Parameter segments: youngest first, with the lengths that count.
    init(index: String, spool: String, segments: [StateSnapshot.File]) throws {
        let known = try Self.references(in: index)
        var present: [UInt64: StateSnapshot.File] = [:]
        for file in segments {
            guard case .segment(let number)? = SegmentFiles.Name(String(file.name.dropFirst(6)))
            else { continue }
            present[number] = file
        }
        var large = known.large
        unapplied = known.transit.starts.count
        let needed = known.transit.lowest?.segment ?? known.checkpoint.segment
        for (number, var file) in present.sorted(by: { $0.key < $1.key }) {
            if number >= known.checkpoint.segment {
                let from = number == known.checkpoint.segment ? known.checkpoint.offset : 0
                large += try readTail(file, number, from: from)
            } else if number >= needed || known.segments.contains(number) {
                file.isFinal = true
            } else {
                continue
            }
            files.append(file)
        }
        for number in known.segments.sorted() where present[number] == nil {
            missing.append("spool/" + SegmentFiles.Name.segment(number).text)
        }
        for id in large {
            let name = SegmentFiles.Name.big(id).text
            do throws(FileSystemError) {
                var file = try StateSnapshot.file("spool/" + name, at: spool + "/" + name)
                file.isFinal = true
                files.append(file)
            } catch {
                guard error.code == ENOENT else { throw error }
                missing.append("spool/" + name)
            }
        }
    }

    private struct References {
        var checkpoint: LogPosition
        var segments: Set<UInt64> = []
        var large: [QueueID] = []
        var transit = TransitSet()
    }

    private static func references(in index: String) throws -> References {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: index, configuration: configuration)
        let references = try queue.read { db in
            var references = References(checkpoint: try LogPosition.checkpoint(db))
            let segments = try PreparedStatement(
                db,
                """
                SELECT number FROM segments WHERE live > 0
                UNION SELECT segment FROM messages WHERE segment > 0
                """)
            try segments.each { references.segments.insert(UInt64($0.integer(0))) }
            references.transit = try TransitSet(db)
            references.segments.formUnion(references.transit.starts.values.map(\.segment))
            let large = try PreparedStatement(db, "SELECT id FROM messages WHERE segment = 0")
            try large.each { references.large.append(QueueID(rawValue: UInt64($0.integer(0)))) }
            return references
        }
        try queue.close()
        return references
    }

    /// - Returns: large messages that records within the file's length tell of.
    private mutating func readTail(_ file: StateSnapshot.File, _ number: UInt64, from: Int64) throws
        -> [QueueID]
    {
        let opened = try SystemFileSystem().open(file.path, .existing)
        guard file.size > from, let header = try SegmentHeader.read(opened, number: number) else {
            return []
        }
        var scanner = try SegmentScanner(opened, header, from: from)
        var large: [QueueID] = []
        while let record = try scanner.nextRecord(), record.end.offset <= file.size {
            unapplied += 1
            if record.header.kind == .largeAccepted { large.append(record.header.id) }
        }
        return large
    }
}
