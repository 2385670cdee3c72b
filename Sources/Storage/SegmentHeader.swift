import NIOCore

/// The first octets of each segment; all integers big-endian. They are durable before the first
/// record is written behind them.
///
///     offset  0  magic "MSEG"
///             4  version of the format, 2
///             8  number of the segment
///            16  key: a random number, which each record of the segment holds
///            24  CRC-32C of the 24 octets above
///
/// Nobody outside knows the key, so a message's text can't hold what passes for a record, and what
/// another file has left on the disk is none either.
struct SegmentHeader: Equatable {
    static let length = 28
    private static let signedLength = 24
    private static let magic: UInt32 = 0x4d53_4547
    private static let version: UInt32 = 2

    let number: UInt64
    let key: UInt64

    /// The header of a new segment, its key from the kernel's random source.
    init(number: UInt64) {
        self.number = number
        var random = SystemRandomNumberGenerator()
        key = random.next()
    }

    /// Nil when these are not the first octets of a segment.
    init?(_ bytes: ByteBuffer) {
        var rest = bytes
        guard
            let sum = bytes.getSlice(at: bytes.readerIndex, length: Self.signedLength)?.checksum(),
            rest.readInteger() == Self.magic, rest.readInteger() == Self.version,
            let number: UInt64 = rest.readInteger(), let key: UInt64 = rest.readInteger(),
            rest.readInteger() == sum
        else { return nil }
        self.number = number
        self.key = key
    }

    var bytes: ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeInteger(Self.magic)
        bytes.writeInteger(Self.version)
        bytes.writeInteger(number)
        bytes.writeInteger(key)
        bytes.writeInteger(bytes.checksum())
        return bytes
    }

    /// Nil when the file does not begin with a header of this number.
    static func read(_ file: any StorageFile, number: UInt64) throws(FileSystemError)
        -> SegmentHeader?
    {
        let header = SegmentHeader(try file.readBuffer(at: 0, count: length))
        return header?.number == number ? header : nil
    }
}
