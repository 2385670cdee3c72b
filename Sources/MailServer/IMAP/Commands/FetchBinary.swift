internal import IMAP
internal import InternetMessage
internal import MailModel
internal import NIOCore

/// BINARY and BINARY.SIZE (RFC 3516): parts without their transfer encoding.
///
/// A literal's size stands before its octets, so a large part is decoded twice rather than held.
extension IMAPSession {
    /// Encoded octets of a part that is decoded in memory.
    private static let heldSize = 256 * 1024

    func writeBinary(_ part: [Int], _ partial: BodyPartial?, of message: FetchedMessage)
        async throws(FetchFailure)
    {
        guard let body = try message.encodedBody(part) else {
            output.writeStaticString("NIL")
            return
        }
        if body.encoding == .identity {
            return try await writeUnencoded(body.content.partial(partial), of: message)
        }
        if body.content.count <= Self.heldSize {
            var decoded = ByteBuffer()
            try await decode(body, of: message) { decoded.writeImmutableBuffer($0) }
            return try await writeHeld(decoded, partial, of: message)
        }
        let size = try await decodedSize(body, of: message)
        let window = (partial ?? BodyPartial(offset: 0, count: .max)).range(within: size)
        output.writeIMAPLiteralHead(window.count, binary: true)
        var offset = 0
        try await decode(body, of: message) { octets async throws(FetchFailure) in
            let here = offset..<offset + octets.readableBytes
            offset = here.upperBound
            let wanted = here.clamped(to: window)
            guard !wanted.isEmpty,
                let slice = octets.getSlice(
                    at: octets.readerIndex + wanted.lowerBound - here.lowerBound,
                    length: wanted.count)
            else { return }
            try await self.send(slice, true, of: message)
        }
    }

    func writeBinarySize(_ part: [Int], of message: FetchedMessage) async throws(FetchFailure) {
        guard let body = try message.encodedBody(part) else {
            output.writeStaticString("0")
            return
        }
        let size =
            body.encoding == .identity
            ? body.content.count : try await decodedSize(body, of: message)
        output.writeIMAPNumber(size)
    }

    private func writeUnencoded(_ content: SectionContent, of message: FetchedMessage)
        async throws(FetchFailure)
    {
        guard content.count <= Self.heldSize else {
            return try await writeLiteral(content, of: message, isBinary: true)
        }
        var held = ByteBuffer()
        for piece in content.pieces {
            switch piece {
            case .bytes(let bytes): held.writeImmutableBuffer(bytes)
            case .stored(var range):
                while !range.isEmpty {
                    held.writeImmutableBuffer(try await nextChunk(&range, of: message))
                }
            }
        }
        try await writeHeld(held, nil, of: message)
    }

    /// As literal8 only if it must: some clients know no other literal.
    private func writeHeld(
        _ octets: ByteBuffer, _ partial: BodyPartial?, of message: FetchedMessage
    ) async throws(FetchFailure) {
        var content = SectionContent()
        content.append(.bytes(octets))
        content = content.partial(partial)
        try await writeLiteral(content, of: message, isBinary: octets.containsNUL)
    }

    private func decodedSize(_ body: EncodedBody, of message: FetchedMessage)
        async throws(FetchFailure) -> Int
    {
        var size = 0
        try await decode(body, of: message) { size += $0.readableBytes }
        return size
    }

    private func decode(
        _ body: EncodedBody, of message: FetchedMessage,
        _ take: (ByteBuffer) async throws(FetchFailure) -> Void
    ) async throws(FetchFailure) {
        var decoder = TransferDecoder(body.encoding)
        var decoded: [UInt8] = []
        for case .stored(var range) in body.content.pieces {
            while !range.isEmpty {
                let chunk = try await nextChunk(&range, of: message)
                decoded.removeAll(keepingCapacity: true)
                chunk.withUnsafeReadableBytes { decoder.decode($0, into: &decoded) }
                try await take(ByteBuffer(bytes: decoded))
            }
        }
        decoded.removeAll()
        decoder.finish(into: &decoded)
        try await take(ByteBuffer(bytes: decoded))
    }
}

/// A part's octets, and how they are encoded.
struct EncodedBody {
    var content: SectionContent
    var encoding: TransferEncoding
}

extension FetchedMessage {
    /// - Returns: nil when there is no such part. The whole message, and parts that hold others, have
    ///   no encoding (RFC 2045 section 6.4).
    func encodedBody(_ part: [Int]) throws(FetchFailure) -> EncodedBody? {
        guard !part.isEmpty else { return EncodedBody(content: whole, encoding: .identity) }
        guard let location = facts?.section(part) else { return nil }
        let encoding = location.kind == .leaf ? location.encoding : .identity
        guard encoding != .unknown else { throw .unknownEncoding }
        var content = SectionContent()
        content.append(.stored(location.body))
        return EncodedBody(content: content, encoding: encoding)
    }
}

extension BodyPartial {
    fileprivate func range(within size: Int) -> Range<Int> {
        let start = Int(min(offset, UInt64(size)))
        return start..<start + Int(min(count, UInt64(size - start)))
    }
}
