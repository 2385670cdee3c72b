import GRDB

/// A place in the message log.
struct LogPosition: Hashable, Comparable, Sendable {
    /// Numbers of segments begin with 1.
    var segment: UInt64
    var offset: Int64

    static func < (a: LogPosition, b: LogPosition) -> Bool {
        (a.segment, a.offset) < (b.segment, b.offset)
    }
}

extension LogPosition {
    /// What of the log the index has.
    static func checkpoint(_ db: Database) throws -> LogPosition {
        try PreparedStatement(db, "SELECT segment, offset FROM meta").first { row in
            LogPosition(segment: UInt64(row.integer(0)), offset: row.integer(1))
        } ?? LogPosition(segment: 1, offset: 0)
    }
}

/// Where the bytes of a stored message are.
enum MessageLocation: Hashable, Sendable {
    /// At this place of the log.
    case log(LogPosition)
    /// In the file of its own that its id names.
    case ownFile
}
