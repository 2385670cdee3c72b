/// A place in the message log.
struct LogPosition: Hashable, Comparable, Sendable {
    /// Numbers of segments begin with 1.
    var segment: UInt64
    var offset: Int64

    static func < (a: LogPosition, b: LogPosition) -> Bool {
        (a.segment, a.offset) < (b.segment, b.offset)
    }
}

/// Where the bytes of a stored message are.
enum MessageLocation: Hashable, Sendable {
    /// At this place of the log.
    case log(LogPosition)
    /// In the file of its own that its id names.
    case ownFile
}
