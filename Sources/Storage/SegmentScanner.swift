import NIOCore

/// Reads the records of a segment at recovery.
///
/// A record that a crash has torn is not a record; when whole ones follow it (the disk may write a
/// batch's pages in any order), they count all the same. To find them, each octet is read a few
/// times at most, whatever a torn message's text is.
struct SegmentScanner: Sendable {
    /// Octets read at a time beyond what a record needs.
    private static let chunk = 1 << 20

    private let file: any StorageFile
    private let segment: SegmentHeader
    private let fileSize: Int64
    /// Octets from `windowOffset` on.
    private var window = ByteBuffer()
    private var windowOffset: Int64

    /// Where the last whole record ends.
    private(set) var goodEnd: Int64
    /// Octets passed over because they were no records, although records follow.
    private(set) var skipped: Int64 = 0

    /// - Parameter offset: where a record begins; 0 for the first.
    init(_ file: any StorageFile, _ segment: SegmentHeader, from offset: Int64)
        throws(FileSystemError)
    {
        self.file = file
        self.segment = segment
        fileSize = try file.size()
        goodEnd = max(offset, Int64(SegmentHeader.length))
        windowOffset = goodEnd
    }

    struct Record {
        var header: RecordHeader
        var metadata: ByteBuffer
        /// Where its body is, or would be.
        var body: LogPosition
        var end: LogPosition
    }

    /// The next whole record; nil behind the last.
    mutating func nextRecord() throws(FileSystemError) -> Record? {
        var offset = goodEnd
        while offset + Int64(RecordHeader.length) <= fileSize {
            if let record = try record(at: offset) {
                skipped += offset - goodEnd
                goodEnd = record.end.offset
                return record
            }
            guard let candidate = try nextMagic(after: offset) else { return nil }
            offset = candidate
        }
        return nil
    }

    /// The same as what the index is to apply, and where the record ends.
    mutating func nextChange() throws -> (change: LoggedChange, end: LogPosition)? {
        guard let record = try nextRecord() else { return nil }
        return (try Self.change(record), record.end)
    }

    private static func change(_ record: Record) throws -> LoggedChange {
        let header = record.header
        var metadata = record.metadata
        switch header.kind {
        case .accepted, .largeAccepted:
            let message = try AcceptedMessage(
                id: header.id, size: header.messageSize, isLarge: header.kind == .largeAccepted,
                metadata: metadata)
            return .accepted(message, body: record.body, end: record.end)
        case .relocated:
            let from = LogPosition(segment: try metadata.decode(), offset: try metadata.decode())
            return .relocated(
                header.id, size: header.messageSize, from: from, to: record.body, end: record.end)
        case .stored:
            return .stored(header.id, end: record.end)
        case .settled:
            return .settled(
                header.id, try metadata.decodeSettled(), isLast: false, end: record.end)
        }
    }

    private mutating func record(at offset: Int64) throws(FileSystemError) -> Record? {
        guard let first = try bytes(at: offset, count: RecordHeader.length),
            let header = RecordHeader(first), header.key == segment.key,
            let whole = try bytes(at: offset, count: header.recordLength)
        else { return nil }
        let content = whole.getSlice(
            at: whole.readerIndex + RecordHeader.length,
            length: header.recordLength - RecordHeader.length)!
        let signed = whole.getSlice(at: whole.readerIndex, length: RecordHeader.signedLength)!
        guard signed.checksum(continuing: content.checksum()) == header.checksum else {
            return nil
        }
        let metadata = content.getSlice(
            at: content.readerIndex, length: header.metadataLength)!
        return Record(
            header: header, metadata: metadata,
            body: LogPosition(
                segment: segment.number,
                offset: offset + Int64(RecordHeader.length + header.metadataLength)),
            end: LogPosition(segment: segment.number, offset: offset + Int64(header.recordLength)))
    }

    private mutating func nextMagic(after offset: Int64) throws(FileSystemError) -> Int64? {
        var offset = offset + 1
        while offset + Int64(RecordHeader.length) <= fileSize {
            // What the window still holds first: reading on for each candidate would be quadratic.
            let held = windowOffset + Int64(window.readableBytes) - offset
            let count =
                held >= Int64(RecordHeader.length)
                ? Int(held) : Int(min(Int64(Self.chunk), fileSize - offset))
            guard let octets = try bytes(at: offset, count: count) else { return nil }
            if let index = octets.withUnsafeReadableBytes(Self.firstMagic) {
                return offset + Int64(index)
            }
            offset += Int64(count - 3)
        }
        return nil
    }

    private static func firstMagic(_ octets: UnsafeRawBufferPointer) -> Int? {
        var lastFour: UInt32 = 0
        for index in octets.indices {
            lastFour = lastFour << 8 | UInt32(octets[index])
            if lastFour == RecordHeader.magic { return index - 3 }
        }
        return nil
    }

    /// Nil when the file ends before.
    private mutating func bytes(at offset: Int64, count: Int) throws(FileSystemError) -> ByteBuffer?
    {
        guard offset + Int64(count) <= fileSize else { return nil }
        let start = Int(offset - windowOffset)
        if start >= 0, start + count <= window.readableBytes {
            return window.getSlice(at: window.readerIndex + start, length: count)
        }
        let wanted = Int(min(Int64(max(count, Self.chunk)), fileSize - offset))
        let read = try file.readBuffer(at: offset, count: wanted)
        window = read
        windowOffset = offset
        return read.getSlice(at: read.readerIndex, length: count)
    }
}

extension StorageFile {
    /// `count` octets from `offset`, fewer at the end of the file only.
    func readBuffer(at offset: Int64, count: Int) throws(FileSystemError) -> ByteBuffer {
        var buffer = ByteBuffer()
        var failure: FileSystemError?
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { free in
            do throws(FileSystemError) {
                return try read(
                    into: UnsafeMutableRawBufferPointer(rebasing: free[..<count]), at: offset)
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return buffer
    }

    /// The same when the page cache has it all.
    func readCachedBuffer(at offset: Int64, count: Int) -> ByteBuffer? {
        var buffer = ByteBuffer()
        let filled = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { free in
            let target = UnsafeMutableRawBufferPointer(rebasing: free[..<count])
            return readCached(into: target, at: offset) ? count : 0
        }
        return filled == count ? buffer : nil
    }
}
