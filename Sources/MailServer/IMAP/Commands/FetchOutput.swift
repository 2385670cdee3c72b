#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif
internal import IMAP
internal import MailModel
internal import NIOCore
internal import Transport

/// Message octets on their way to the client: read in chunks, as fast as the client takes them.
extension IMAPSession {
    private static let chunkSize = 64 * 1024
    /// Chunks up to this size are gathered with the responses; greater ones are sent as they are.
    private static let gatherLimit = 16 * 1024

    func writeSection(_ section: BodySection, of message: FetchedMessage)
        async throws(FetchFailure)
    {
        let content: SectionContent?
        do throws(MailError) {
            content = try await message.content(of: section)?.partial(section.partial)
        } catch { throw .unreadable(error) }
        guard let content else {
            output.writeStaticString("NIL")
            return
        }
        try await writeLiteral(content, of: message, isBinary: false)
    }

    /// - Parameter isBinary: as literal8, which may hold NUL; in other literals it becomes 0x80,
    ///   for RFC 9051's CHAR8 has no NUL.
    func writeLiteral(_ content: SectionContent, of message: FetchedMessage, isBinary: Bool)
        async throws(FetchFailure)
    {
        // Nothing is promised before the first octets are there.
        var first: ByteBuffer?
        if let range = content.firstStored {
            var range = range
            first = try await nextChunk(&range, of: message)
        }
        output.writeIMAPLiteralHead(content.count, binary: isBinary)
        for piece in content.pieces {
            switch piece {
            case .bytes(let bytes): try await send(bytes, isBinary, of: message)
            case .stored(var range):
                if let chunk = first {
                    first = nil
                    range = range.lowerBound + chunk.readableBytes..<range.upperBound
                    try await send(chunk, isBinary, of: message)
                }
                while !range.isEmpty {
                    try await send(try await nextChunk(&range, of: message), isBinary, of: message)
                }
            }
        }
    }

    /// The next octets of the range, and what remains of it.
    func nextChunk(_ range: inout Range<Int>, of message: FetchedMessage)
        async throws(FetchFailure) -> ByteBuffer
    {
        let end = min(range.upperBound, range.lowerBound + Self.chunkSize)
        do throws(MailError) {
            let chunk = try await message.octets(range.lowerBound..<end)
            range = end..<range.upperBound
            return chunk
        } catch { throw .unreadable(error) }
    }

    func send(_ chunk: ByteBuffer, _ isBinary: Bool, of message: FetchedMessage)
        async throws(FetchFailure)
    {
        var chunk = chunk
        if !isBinary { chunk.replaceNUL() }
        do throws(ConnectionError) {
            if chunk.readableBytes > Self.gatherLimit {
                message.hasBegun = true
                try await flush()
                try await connection.write(chunk)
            } else {
                output.writeImmutableBuffer(chunk)
                guard output.readableBytes >= 2 * Self.flushThreshold else { return }
                message.hasBegun = true
                try await flush()
            }
        } catch { throw .connection(error) }
    }
}

extension SectionContent {
    fileprivate var firstStored: Range<Int>? {
        for case .stored(let range) in pieces { return range }
        return nil
    }
}

extension ByteBuffer {
    var containsNUL: Bool {
        withUnsafeReadableBytes { bytes in
            bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false
        }
    }

    fileprivate mutating func replaceNUL() {
        guard containsNUL else { return }
        withUnsafeMutableReadableBytes { bytes in
            for index in bytes.indices where bytes[index] == 0 { bytes[index] = 0x80 }
        }
    }
}
