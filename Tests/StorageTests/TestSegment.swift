import MailModel
import NIOCore

@testable import Storage

/// Segments made as the log writer makes them, and read as recovery reads them.
enum TestSegment {
    /// Messages to user 1, their ids from 1 on.
    /// - Returns: the octets, and where each record ends.
    static func make(number: UInt64, _ bodies: [ByteBuffer]) async -> (
        bytes: [UInt8], ends: [Int64]
    ) {
        let header = SegmentHeader(number: number)
        var bytes = Array(header.bytes.readableBytesView)
        var ends: [Int64] = []
        for (index, body) in bodies.enumerated() {
            bytes += await record(id: UInt64(index + 1), body, to: local(1), in: header)
            ends.append(Int64(bytes.count))
        }
        return (bytes, ends)
    }

    static func record(
        id: UInt64, _ body: ByteBuffer, to recipient: RoutedRecipient, in segment: SegmentHeader
    ) async -> [UInt8] {
        let message = AcceptedMessage(
            id: QueueID(rawValue: id), size: body.readableBytes, isLarge: false, arrival: .now,
            envelope: sender, recipients: [recipient])
        var record = LogRecord(.accepted(message), body: body) { _ in }
        record.seal(for: segment)
        return Array(record.head.readableBytesView) + Array(record.body.readableBytesView)
    }

    /// The ids of the messages found, where the last record ends, and the octets read.
    static func scan(_ bytes: [UInt8], number: UInt64) throws -> (
        ids: [UInt64], end: Int64, read: Int
    ) {
        let disk = FaultyFileSystem(["/s": bytes])
        let file = try disk.open("/s", .existing)
        guard let header = try SegmentHeader.read(file, number: number) else {
            return ([], 0, disk.octetsRead)
        }
        var scanner = try SegmentScanner(file, header, from: 0)
        var ids: [UInt64] = []
        while let (change, _) = try scanner.nextChange() {
            if case .accepted(let message, _, _) = change { ids.append(message.id.rawValue) }
        }
        return (ids, scanner.goodEnd, disk.octetsRead)
    }
}

/// A box for a closure's result.
private final class Box<Value>: @unchecked Sendable {
    var value: Value
    init(_ value: Value) { self.value = value }
}
