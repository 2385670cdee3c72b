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

    func writeSection(
        _ part: [Int], _ text: BodySection.Text, _ partial: BodyPartial?, of message: FetchedMessage
    ) async throws(FetchFailure) {
        let section: FetchSection?
        do throws(MailError) {
            section = try await message.section(part, text)?.part(partial)
        } catch { throw .unreadable(error) }
        guard let section else {
            output.writeStaticString("NIL")
            return
        }
        try await writeLiteral(section, of: message, isBinary: false)
    }

    /// - Parameter isBinary: as literal8, which may hold NUL; in other literals it becomes 0x80,
    ///   for RFC 9051's CHAR8 has no NUL.
    func writeLiteral(_ section: FetchSection, of message: FetchedMessage, isBinary: Bool)
        async throws(FetchFailure)
    {
        // Nothing is promised before the first octets are there.
        var range = section.stored
        var chunk = try await nextChunk(&range, of: message)
        output.writeIMAPLiteralHead(section.count, binary: isBinary)
        if section.beginning.readableBytes > 0 {
            try await send(section.beginning, isBinary, of: message)
        }
        while chunk.readableBytes > 0 {
            try await send(chunk, isBinary, of: message)
            chunk = try await nextChunk(&range, of: message)
        }
    }

    /// Empty at the end.
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
