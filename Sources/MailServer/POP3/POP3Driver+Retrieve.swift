internal import Logging
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import POP3
internal import Storage
internal import Transport

/// RETR and TOP: stored bytes, in bounded chunks, as fast as the client takes them.
extension POP3Driver {
    /// Octets read at a time. A top is short, mostly.
    private static let chunkSize = 64 * 1024
    private static let topChunkSize = 8 * 1024
    /// Chunks up to this size are gathered with the replies; greater ones are sent as they are.
    private static let gatherLimit = 16 * 1024

    func retrieve(_ index: Int, bodyLines: Int?) async throws(ConnectionError) {
        guard let maildrop else { return }
        let message = maildrop.messages[index]
        let chunkSize = bodyLines == nil ? Self.chunkSize : Self.topChunkSize
        // Nothing is promised before the first bytes are there: it may have been removed. From then on it
        // may, too.
        var chunk: ByteBuffer
        var hold: MessageHold?
        defer { withExtendedLifetime(hold) {} }
        switch await read(message, of: maildrop, from: 0, atMost: chunkSize, &hold) {
        case .success(let bytes): chunk = bytes
        case .failure(let error):
            return session.textFailed(isTemporary: error.isTemporary, &replies)
        }
        session.beginText(index: index, bodyLines: bodyLines, &replies)
        var limiter = bodyLines.map(TopLimiter.init)
        var encoder = MultilineEncoder()
        try await send(ByteBuffer(bytes: message.deliveryHeader), &limiter, &encoder)
        var offset = 0
        while true {
            offset += chunk.readableBytes
            try await send(chunk, &limiter, &encoder)
            guard offset < message.message.size, limiter?.isComplete != true else { break }
            switch await read(message, of: maildrop, from: offset, atMost: chunkSize, &hold) {
            case .success(let bytes): chunk = bytes
            case .failure(let error):
                // The text has begun, so only the connection's end can tell that it is not whole.
                throw .io("stored message can't be read: \(error)")
            }
        }
        encoder.finish(&replies)
        retrieved.messages += 1
        retrieved.octets += offset
    }

    private func read(
        _ message: MailboxMessage, of maildrop: LockedMaildrop, from offset: Int, atMost count: Int,
        _ hold: inout MessageHold?
    ) async -> Result<ByteBuffer, MailError> {
        let end = min(offset + count, message.message.size)
        do throws(MailError) {
            if hold == nil, count < message.message.size { hold = try await maildrop.hold(message) }
            let bytes = try await maildrop.read(message, offset..<end)
            guard bytes.readableBytes > 0 || offset == end else {
                throw .localProblem("message \(message.message.id) ends before its size")
            }
            return .success(bytes)
        } catch {
            logger.error(
                "POP3 message not read",
                metadata: [
                    "account": "\(maildrop.account)", "uid": "\(message.uid)",
                    "error": "\(error)",
                ])
            return .failure(error)
        }
    }

    private func send(
        _ chunk: ByteBuffer, _ limiter: inout TopLimiter?, _ encoder: inout MultilineEncoder
    ) async throws(ConnectionError) {
        let text = encoder.encode(limiter?.take(chunk) ?? chunk)
        if text.readableBytes > Self.gatherLimit {
            try await flush()
            try await connection.write(text)
        } else {
            replies.writeImmutableBuffer(text)
            if replies.readableBytes > 2 * Self.gatherLimit { try await flush() }
        }
    }
}
