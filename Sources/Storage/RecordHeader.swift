import CChecksum
import MailModel
import NIOCore

/// The fixed part before each record of the message log; all integers big-endian.
///
///     offset  0  magic "MLOG"
///             4  type
///             5  version of the format, 2
///             6  0
///             8  message id
///            16  octets of the message
///            24  key of the segment
///            32  octets of the metadata, which follow the header
///            36  CRC-32C of metadata, body and the 36 octets above, in this order
///
/// The body follows the metadata; it is empty for `largeAccepted`. For the key see `SegmentHeader`.
struct RecordHeader: Equatable {
    static let length = 40
    /// Octets of the header that its checksum covers.
    static let signedLength = 36
    static let magic: UInt32 = 0x4d4c_4f47
    static let version: UInt8 = 2
    /// Octets of the longest record: the writer makes none beyond it, recovery reads none.
    static let maximumRecordLength = 64 << 20

    enum Kind: UInt8 {
        /// A message with its bytes.
        case accepted = 1
        /// A message whose bytes are in a file of its own.
        case largeAccepted = 2
        /// A copy of a live message's bytes, out of a segment that is being compacted.
        case relocated = 3
        /// The bytes of a message that a user has appended to a mailbox. Only the index refers to
        /// them.
        case stored = 4
        /// Recipients of a message, accepted before, that left the queue before the index had it.
        case settled = 5
    }

    var kind: Kind
    var id: QueueID
    var messageSize: Int
    var key: UInt64
    var metadataLength: Int
    var checksum: UInt32 = 0

    var bodyLength: Int { kind == .largeAccepted ? 0 : messageSize }
    /// Octets of the whole record.
    var recordLength: Int { Self.length + metadataLength + bodyLength }

    /// Writes the header over the first octets of `buffer`.
    /// - Parameter contentSum: the CRC-32C of metadata and body.
    func write(over buffer: inout ByteBuffer, contentSum: UInt32) {
        let at = buffer.readerIndex
        buffer.setInteger(Self.magic, at: at)
        buffer.setInteger(kind.rawValue, at: at + 4)
        buffer.setInteger(Self.version, at: at + 5)
        buffer.setInteger(UInt16(0), at: at + 6)
        buffer.setInteger(id.rawValue, at: at + 8)
        buffer.setInteger(UInt64(messageSize), at: at + 16)
        buffer.setInteger(key, at: at + 24)
        buffer.setInteger(UInt32(metadataLength), at: at + 32)
        let sum = buffer.getSlice(at: at, length: Self.signedLength)!.checksum(
            continuing: contentSum)
        buffer.setInteger(sum, at: at + Self.signedLength)
    }

    /// Nil when these are not the first octets of a record.
    init?(_ bytes: ByteBuffer) {
        var bytes = bytes
        guard bytes.readInteger() == Self.magic,
            let type: UInt8 = bytes.readInteger(), let kind = Kind(rawValue: type),
            bytes.readInteger() == Self.version, bytes.readInteger() == UInt16(0),
            let id: UInt64 = bytes.readInteger(),
            let size: UInt64 = bytes.readInteger(), size <= UInt64(Int64.max) >> 1,
            let key: UInt64 = bytes.readInteger(),
            let metadata: UInt32 = bytes.readInteger(),
            let checksum: UInt32 = bytes.readInteger()
        else { return nil }
        self.init(
            kind: kind, id: QueueID(rawValue: id), messageSize: Int(size), key: key,
            metadataLength: Int(metadata), checksum: checksum)
        guard recordLength <= Self.maximumRecordLength else { return nil }
    }

    init(
        kind: Kind, id: QueueID, messageSize: Int, key: UInt64, metadataLength: Int,
        checksum: UInt32 = 0
    ) {
        self.kind = kind
        self.id = id
        self.messageSize = messageSize
        self.key = key
        self.metadataLength = metadataLength
        self.checksum = checksum
    }
}

extension ByteBuffer {
    /// The CRC-32C of the readable octets.
    func checksum(continuing sum: UInt32 = 0) -> UInt32 {
        withUnsafeReadableBytes { martlet_crc32c(sum, $0.baseAddress, $0.count) }
    }
}
