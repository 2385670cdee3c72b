internal import InternetMessage
internal import Logging
internal import MailModel
internal import NIOCore
internal import Storage

/// What was computed from one message.
struct ComputedFacts: Sendable {
    let id: QueueID
    let facts: MessageFacts
    let keys: MessageKeys
}

/// Computes facts from stored bytes, read in portions: a large message is never in memory.
struct FactsMaker: Sendable {
    private static let portion = 64 << 10

    let storage: any MailboxStorage
    let logger: Logger
    let describe: MessageCache.Describe

    /// Nil when the bytes can't be read; the log says why, unless the message is gone.
    func make(_ reference: MessageReference) async -> ComputedFacts? {
        do throws(MailError) {
            var parser = MIMEParser()
            var last = ByteBuffer()
            var position = 0
            while position < reference.size {
                last = try await storage.read(
                    reference, position..<min(position + Self.portion, reference.size))
                guard last.readableBytes > 0 else { break }
                last.withUnsafeReadableBytes { parser.append($0) }
                position += last.readableBytes
            }
            let message = parser.finish()
            var preview = PreviewReader(message.tree)
            while let range = preview.wanted(atMost: Self.portion) {
                // Small messages, which most are, were read as a whole.
                let bytes =
                    reference.size <= Self.portion
                    ? last.getSlice(at: last.readerIndex + range.lowerBound, length: range.count)
                    : try await storage.read(reference, range)
                guard let bytes, bytes.readableBytes > 0 else { break }
                bytes.withUnsafeReadableBytes { preview.receive($0) }
            }
            return ComputedFacts(
                id: reference.id, facts: describe(message, preview.finish()),
                keys: MessageKeys(message))
        } catch {
            logger.warning(
                "a message can't be read", metadata: ["id": "\(reference.id)", "error": "\(error)"])
            return nil
        }
    }
}
