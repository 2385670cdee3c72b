import MailModel
import NIOCore

/// A record on its way to the log, encoded but for what only the writer knows: its segment.
struct LogRecord: Sendable {
    enum Content: Sendable {
        case accepted(AcceptedMessage)
        /// A copy of the bytes that were at this place.
        case relocated(QueueID, size: Int, from: LogPosition)
        /// The bytes of a message that the index is told of afterwards.
        case stored(StoredBody)
        /// Recipients of a message in transit that are done with; `isLast`: none is left.
        case settled(QueueID, [Int], isLast: Bool)
    }

    let content: Content
    private var header: RecordHeader
    private let contentSum: UInt32
    /// Header (once sealed) and metadata.
    private(set) var head: ByteBuffer
    let body: ByteBuffer
    /// Called on the log's thread once the record is durable, or refused; must not block.
    let done: @Sendable (Result<Void, MailError>) -> Void

    var length: Int { head.readableBytes + body.readableBytes }

    /// - Parameter body: empty when the message has a file of its own.
    init(
        _ content: Content, body: ByteBuffer,
        done: @escaping @Sendable (Result<Void, MailError>) -> Void
    ) {
        self.content = content
        self.body = body
        self.done = done
        var head = ByteBuffer()
        head.reserveCapacity(512)
        head.writeRepeatingByte(0, count: RecordHeader.length)
        switch content {
        case .accepted(let message):
            message.encodeMetadata(into: &head)
            header = RecordHeader(
                kind: message.isLarge ? .largeAccepted : .accepted, id: message.id,
                messageSize: message.size, key: 0,
                metadataLength: head.readableBytes - RecordHeader.length)
        case .relocated(let id, let size, let from):
            head.writeInteger(from.segment)
            head.writeInteger(from.offset)
            header = RecordHeader(
                kind: .relocated, id: id, messageSize: size, key: 0,
                metadataLength: head.readableBytes - RecordHeader.length)
        case .stored(let body):
            header = RecordHeader(
                kind: .stored, id: body.id, messageSize: body.size, key: 0, metadataLength: 0)
        case .settled(let id, let numbers, _):
            head.encodeSettled(numbers)
            header = RecordHeader(
                kind: .settled, id: id, messageSize: 0, key: 0,
                metadataLength: head.readableBytes - RecordHeader.length)
        }
        let metadata = head.getSlice(
            at: head.readerIndex + RecordHeader.length, length: header.metadataLength)!
        contentSum = body.checksum(continuing: metadata.checksum())
        self.head = head
    }

    /// Completes the header for a place in this segment.
    mutating func seal(for segment: SegmentHeader) {
        header.key = segment.key
        header.write(over: &head, contentSum: contentSum)
    }

    /// What the index is to apply once the record, which begins at `start`, is durable.
    func change(at start: LogPosition) -> LoggedChange {
        var body = start
        body.offset += Int64(head.readableBytes)
        var end = start
        end.offset += Int64(length)
        switch content {
        case .accepted(let message): return .accepted(message, body: body, end: end)
        case .relocated(let id, let size, let from):
            return .relocated(id, size: size, from: from, to: body, end: end)
        case .stored(let stored):
            stored.written(at: body)
            return .stored(stored.id, end: end)
        case .settled(let id, let numbers, let isLast):
            return .settled(id, numbers, isLast: isLast, end: end)
        }
    }

    /// Octets that the numbers of so many settled recipients take.
    static func settledOctets(_ count: Int) -> Int { 4 * (1 + count) }
}

extension ByteBuffer {
    fileprivate mutating func encodeSettled(_ numbers: [Int]) {
        writeInteger(UInt32(numbers.count))
        for number in numbers { writeInteger(UInt32(number)) }
    }

    mutating func decodeSettled() throws(DecodingFault) -> [Int] {
        let count = try decode(UInt32.self)
        var numbers: [Int] = []
        for _ in 0..<count { numbers.append(Int(try decode(UInt32.self))) }
        return numbers
    }
}

/// What the log tells the index, in the log's order. Applying it moves the checkpoint to its end.
///
/// A message in transit is `transit`, then `settled` for its recipients, until none is left or
/// `enqueued`; after that the log tells nothing more of it.
enum LoggedChange: Sendable {
    case accepted(AcceptedMessage, body: LogPosition, end: LogPosition)
    /// Accepted; the index needs to know only where it must be looked for at a start.
    case transit(QueueID, start: LogPosition, end: LogPosition)
    case settled(QueueID, [Int], isLast: Bool, end: LogPosition)
    /// It has been in transit and goes by the index from now on. Its record lies before the
    /// checkpoint, which stays.
    case enqueued(AcceptedMessage, body: LogPosition, settled: Set<Int>)
    case relocated(QueueID, size: Int, from: LogPosition, to: LogPosition, end: LogPosition)
    /// Bytes that nothing in the log refers to.
    case stored(QueueID, end: LogPosition)
    /// Nothing before this place is to be applied: a segment was given up there.
    case skipped(to: LogPosition)
}
