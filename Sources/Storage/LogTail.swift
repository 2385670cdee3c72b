/// Where the message log goes on.
struct LogTail: Sendable {
    var header: SegmentHeader
    /// Nil when it is to be made.
    var file: (any StorageFile)?
    /// Where the next record goes.
    var end: Int64

    init(_ header: SegmentHeader, _ file: any StorageFile, end: Int64) {
        self.header = header
        self.file = file
        self.end = end
    }

    init(newSegment number: UInt64) {
        header = SegmentHeader(number: number)
        end = Int64(SegmentHeader.length)
    }
}
