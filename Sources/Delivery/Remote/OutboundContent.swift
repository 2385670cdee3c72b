internal import InternetMessage
internal import MailModel
internal import NIOCore
internal import Spool
internal import Storage

/// The octets that are sent of a message: the lines that belong before it, and its own, as stored
/// or converted.
struct OutboundContent: Sendable {
    /// Octets that are read and sent at a time.
    static let partSize = 256 << 10

    enum Source: Sendable {
        case stored(MessageReference, Spool)
        /// For a host that takes 7 bits only.
        case sevenBit(ConversionPlan, MessageReference, Spool)
    }

    /// Header fields, whole lines.
    var prefix = ByteBuffer()
    var source: Source
    var body: BodyType
    /// The header section is not ASCII, and must not be without SMTPUTF8.
    var hasInternationalHeader = false

    /// Octets in all; about, and not less, when it is converted.
    var size: Int {
        switch source {
        case .stored(let message, _): prefix.readableBytes + message.size
        case .sevenBit(let plan, _, _): prefix.readableBytes + plan.estimatedSize
        }
    }

    var isStoredForm: Bool { if case .stored = source { true } else { false } }

    typealias Part = (octets: ByteBuffer, isLast: Bool)

    func makeReader() -> Reader { Reader(self) }

    struct Reader {
        private var prefix: ByteBuffer
        private let message: MessageReference
        private let spool: Spool
        private var offset = 0
        private var writer: ConversionWriter?

        init(_ content: OutboundContent) {
            prefix = content.prefix
            switch content.source {
            case .stored(let message, let spool): (self.message, self.spool) = (message, spool)
            case .sevenBit(let plan, let message, let spool):
                (self.message, self.spool) = (message, spool)
                writer = ConversionWriter(plan)
            }
        }

        /// The next part, about `partSize` octets, and whether it is the last.
        mutating func next() async throws(MailError) -> Part {
            var (part, isLast) = try await writer == nil ? stored() : converted()
            if prefix.readableBytes > 0 {
                prefix.writeBuffer(&part)
                part = prefix
                prefix = ByteBuffer()
            }
            return (part, isLast)
        }

        private mutating func stored() async throws(MailError) -> (ByteBuffer, isLast: Bool) {
            let part = try await spool.read(message, offset..<min(offset + partSize, message.size))
            offset += part.readableBytes
            return (part, offset >= message.size)
        }

        private mutating func converted() async throws(MailError) -> (ByteBuffer, isLast: Bool) {
            var part = ByteBuffer()
            while part.readableBytes < partSize {
                guard let range = writer?.wanted(atMost: partSize) else {
                    part.writeBytes(writer?.takeOutput() ?? [])
                    return (part, true)
                }
                let octets = try await spool.read(message, range)
                octets.withUnsafeReadableBytes { writer?.receive($0) }
                part.writeBytes(writer?.takeOutput() ?? [])
            }
            return (part, false)
        }
    }
}
