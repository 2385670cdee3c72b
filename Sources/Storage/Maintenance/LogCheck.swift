import GRDB
import Glibc
import MailModel

/// The log's segments and the files of large messages against the index's rows of messages: both are
/// walked once, in the order of the log.
struct LogCheck {
    private struct Row {
        var id: QueueID
        var place: LogPosition
        var size: Int
    }

    /// Damaged messages whose mailboxes are named.
    private static let maximumNamed = 500

    private let db: Database
    private let spool: String
    private let isOffline: Bool
    private let checkpoint: LogPosition
    private let known: Set<UInt64>
    /// Messages in transit whose records were not met yet.
    private var transit = TransitSet()
    private let rows: PreparedStatement
    private var next: Row?
    private var damaged: [QueueID] = []
    /// Large messages that only the log's end tells of.
    private var announced: Set<QueueID> = []

    init(_ db: Database, spool: String, isOffline: Bool) throws {
        self.db = db
        self.spool = spool
        self.isOffline = isOffline
        checkpoint = try LogPosition.checkpoint(db)
        known = Set(
            try Int64.fetchAll(db, sql: "SELECT number FROM segments").map { UInt64($0) })
        rows = try PreparedStatement(
            db,
            """
            SELECT id, segment, offset, size FROM messages WHERE segment > 0
            ORDER BY segment, offset
            """)
        try advance()
    }

    mutating func run(_ report: inout CheckReport, _ progress: StateCheck.Progress) throws {
        do {
            transit = try TransitSet(db)
        } catch let fault as DecodingFault {
            report.add(.damage, "queue", "its messages in transit: \(fault)")
        }
        let names = try Self.names(in: spool)
        let segments = names.compactMap { name -> UInt64? in
            if case .segment(let number) = name { number } else { nil }
        }.sorted()
        for (done, number) in segments.enumerated() {
            progress("reading the message log", done, segments.count)
            try rejectRows(before: number, &report)
            try check(number, isLast: number == segments.last, &report)
        }
        try rejectRows(before: .max, &report)
        for id in transit.starts.keys.sorted() {
            report.add(.damage, Self.subject(id), "waits in the queue, but is not in the log")
        }
        if checkpoint.offset > 0, !segments.contains(checkpoint.segment) {
            report.add(
                .damage, "log", "segment \(checkpoint.segment), where the index stands, is missing")
        }
        progress("looking at large messages", 0, nil)
        try checkLarge(names, &report)
        try nameMailboxes(&report)
    }

    /// None in the backup of a state that never had mail.
    private static func names(in spool: String) throws(FileSystemError) -> [SegmentFiles.Name] {
        do throws(FileSystemError) {
            return try SystemFileSystem().list(spool).compactMap { SegmentFiles.Name($0) }
        } catch {
            guard error.code == ENOENT else { throw error }
            return []
        }
    }

    private mutating func advance() throws {
        next = try rows.step()
            ? Row(
                id: QueueID(rawValue: UInt64(rows.integer(0))),
                place: LogPosition(segment: UInt64(rows.integer(1)), offset: rows.integer(2)),
                size: Int(rows.integer(3))) : nil
    }

    // MARK: A segment

    /// Rows that refer to segments which are not there.
    private mutating func rejectRows(before segment: UInt64, _ report: inout CheckReport) throws {
        while let row = next, row.place.segment < segment {
            try reject(row, "its segment \(row.place.segment) is missing", &report)
        }
    }

    private mutating func reject(_ row: Row, _ why: String, _ report: inout CheckReport) throws {
        report.add(.damage, Self.subject(row.id), "\(row.size) octets: \(why)")
        if damaged.count < Self.maximumNamed { damaged.append(row.id) }
        report.messages += 1
        try advance()
    }

    private static func subject(_ id: QueueID) -> String { "message \(id)" }

    private mutating func check(_ number: UInt64, isLast: Bool, _ report: inout CheckReport) throws {
        let name = SegmentFiles.Name.segment(number).text
        let file = try SystemFileSystem().open(spool + "/" + name, .existing)
        let size = try file.size()
        let isNeeded = number >= checkpoint.segment || known.contains(number)
        guard isNeeded || next?.place.segment == number else {
            if isOffline {
                report.add(
                    .note, name, "\(size) octets that nothing refers to: the next start removes them")
            }
            return
        }
        report.segments += 1
        guard let header = try SegmentHeader.read(file, number: number) else {
            // One that was made and never written to is as good as none.
            if size > SegmentHeader.length || number < checkpoint.segment {
                report.add(.damage, name, "its header is damaged")
            }
            while let row = next, row.place.segment == number {
                try reject(row, "the header of \(name) is damaged", &report)
            }
            return
        }
        var scanner = try SegmentScanner(file, header, from: 0)
        var isAtCheckpoint = number != checkpoint.segment || checkpoint.offset <= scanner.goodEnd
        while let record = try scanner.nextRecord() {
            report.octets += Int64(record.header.recordLength)
            try match(record, name, &report)
            if record.end == checkpoint { isAtCheckpoint = true }
            if record.end > checkpoint || isInTransit(record) { try announce(record, &report) }
        }
        while let row = next, row.place.segment == number {
            try reject(
                row, "no whole record is at offset \(row.place.offset) of \(name)", &report)
        }
        if !isAtCheckpoint {
            report.add(
                .damage, name,
                "no record ends at offset \(checkpoint.offset), where the index stands")
        }
        if scanner.skipped > 0 {
            report.add(.note, name, "\(scanner.skipped) octets between its records are no records")
        }
    }

    private mutating func match(
        _ record: SegmentScanner.Record, _ name: String, _ report: inout CheckReport
    ) throws {
        while let row = next, row.place < record.body {
            try reject(
                row, "no whole record is at offset \(row.place.offset) of \(name)", &report)
        }
        guard let row = next, row.place == record.body else { return }
        guard record.header.kind != .largeAccepted, record.header.id == row.id,
            record.header.messageSize == row.size
        else {
            return try reject(
                row,
                "offset \(row.place.offset) of \(name) has message \(record.header.id), "
                    + "\(record.header.messageSize) octets",
                &report)
        }
        report.messages += 1
        try advance()
    }

    /// True once for each.
    private mutating func isInTransit(_ record: SegmentScanner.Record) -> Bool {
        guard record.header.kind == .accepted, transit.starts[record.header.id] != nil else {
            return false
        }
        transit.remove(record.header.id)
        return true
    }

    /// A record that the next start applies.
    private mutating func announce(
        _ record: SegmentScanner.Record, _ report: inout CheckReport
    ) throws {
        report.unapplied += 1
        guard [.accepted, .largeAccepted].contains(record.header.kind) else { return }
        do {
            _ = try AcceptedMessage(
                id: record.header.id, size: record.header.messageSize,
                isLarge: record.header.kind == .largeAccepted, metadata: record.metadata)
        } catch {
            report.add(.damage, Self.subject(record.header.id), "its envelope: \(error)")
        }
        guard record.header.kind == .largeAccepted else { return }
        announced.insert(record.header.id)
        try checkLarge(record.header.id, record.header.messageSize, &report)
    }

    // MARK: Large messages

    private mutating func checkLarge(_ names: [SegmentFiles.Name], _ report: inout CheckReport)
        throws
    {
        var stored: Set<QueueID> = []
        let large = try PreparedStatement(db, "SELECT id, size FROM messages WHERE segment = 0")
        while try large.step() {
            let id = QueueID(rawValue: UInt64(large.integer(0)))
            stored.insert(id)
            report.messages += 1
            report.largeMessages += 1
            try checkLarge(id, Int(large.integer(1)), &report)
        }
        guard isOffline else { return }
        for case .big(let id) in names where !stored.contains(id) && !announced.contains(id) {
            report.add(
                .note, SegmentFiles.Name.big(id).text,
                "nothing refers to it: the next start removes it")
        }
    }

    /// Its length only: nothing has its checksum.
    private mutating func checkLarge(_ id: QueueID, _ size: Int, _ report: inout CheckReport) throws
    {
        let name = SegmentFiles.Name.big(id).text
        var status = stat()
        let isThere = stat(spool + "/" + name, &status) == 0
        guard !isThere || Int(status.st_size) != size else { return }
        report.add(
            .damage, Self.subject(id),
            isThere
                ? "\(name) has \(status.st_size) octets instead of \(size)"
                : "\(size) octets: \(name) is missing")
        if damaged.count < Self.maximumNamed { damaged.append(id) }
    }

    /// Says whose the damaged messages are.
    private func nameMailboxes(_ report: inout CheckReport) throws {
        guard !damaged.isEmpty else { return }
        let ids = damaged.map { String($0.rawValue) }.joined(separator: ",")
        let places = try PreparedStatement(
            db,
            """
            SELECT d.message, a.uuid, m.name, d.uid
            FROM mailbox_messages d JOIN mailboxes m ON m.id = d.mailbox
            JOIN accounts a ON a.id = m.account WHERE d.message IN (\(ids))
            """)
        while try places.step() {
            report.extend(
                Self.subject(QueueID(rawValue: UInt64(places.integer(0)))),
                "; UID \(places.integer(3)) of “\(places.text(2))” of \(places.accountID(1))")
        }
        let queued = try PreparedStatement(
            db, "SELECT message FROM queue WHERE message IN (\(ids))")
        while try queued.step() {
            report.extend(
                Self.subject(QueueID(rawValue: UInt64(queued.integer(0)))), "; in the queue")
        }
    }
}
