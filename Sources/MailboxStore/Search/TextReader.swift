import InternetMessage
import MailModel
import NIOCore
import Storage

/// Reads what there is to search in a message: in portions, so that a large one never is in memory.
struct TextReader: Sendable {
    private static let portion = 64 << 10
    /// Octets of normalised header, and of text, that are looked at.
    private static let headerLimit = 256 << 10
    private static let bodyLimit = 2 << 20

    let storage: any MailboxStorage

    /// Nil when the message is not stored any more.
    func read(_ reference: MessageReference) async throws(MailError) -> SearchableText? {
        var parser = MIMEParser()
        var last = ByteBuffer()
        var position = 0
        while position < reference.size {
            last = try await storage.read(
                reference, position..<min(position + Self.portion, reference.size))
            guard last.readableBytes > 0 else { return nil }
            last.withUnsafeReadableBytes { parser.append($0) }
            position += last.readableBytes
        }
        let tree = parser.finish().tree
        // Small messages, which most are, were read as a whole.
        let whole = reference.size <= Self.portion ? last : nil

        var text = SearchableText()
        if let header = tree.section([])?.mime {
            let end = min(
                header.upperBound, header.lowerBound + MessageTextReader.maximumHeaderOctets)
            if end < header.upperBound { text.isComplete = false }
            let bytes = try await self.bytes(header.lowerBound..<end, of: reference, whole)
            HeaderNormalizer.add(
                Array(bytes.readableBytesView), to: &text, limit: Self.headerLimit)
        }
        var body: [UInt8] = []
        var reader = MessageTextReader(tree, scope: .body, limit: Self.bodyLimit)
        while let range = reader.wanted(atMost: Self.portion) {
            let bytes = try await self.bytes(range, of: reference, whole)
            guard bytes.readableBytes > 0 else { return nil }
            bytes.withUnsafeReadableBytes { reader.receive($0) }
            body += reader.takeText()
        }
        body += reader.takeText()
        if body.count >= Self.bodyLimit { text.isComplete = false }
        text.body = TextNormalizer.normalize(body)
        return text
    }

    /// Whether the text behind the message's own header holds the needle, all of it looked at. For
    /// messages of more text than `read` gives.
    func bodyContains(_ needle: [UInt8], _ reference: MessageReference) async throws(MailError)
        -> Bool
    {
        var parser = MIMEParser()
        var position = 0
        while position < reference.size {
            let bytes = try await storage.read(
                reference, position..<min(position + Self.portion, reference.size))
            guard bytes.readableBytes > 0 else { return false }
            bytes.withUnsafeReadableBytes { parser.append($0) }
            position += bytes.readableBytes
        }
        var reader = MessageTextReader(parser.finish().tree, scope: .body)
        /// What may be the beginning of the needle.
        var tail: [UInt8] = []
        while let range = reader.wanted(atMost: Self.portion) {
            let bytes = try await storage.read(reference, range)
            guard bytes.readableBytes > 0 else { return false }
            bytes.withUnsafeReadableBytes { reader.receive($0) }
            let text = tail + TextNormalizer.normalize(reader.takeText())
            if text.contains(octets: needle) { return true }
            tail = Array(text.suffix(needle.count - 1))
        }
        return (tail + TextNormalizer.normalize(reader.takeText())).contains(octets: needle)
    }

    private func bytes(_ range: Range<Int>, of reference: MessageReference, _ whole: ByteBuffer?)
        async throws(MailError) -> ByteBuffer
    {
        if let whole {
            return whole.getSlice(at: whole.readerIndex + range.lowerBound, length: range.count)
                ?? ByteBuffer()
        }
        return try await storage.read(reference, range)
    }
}
