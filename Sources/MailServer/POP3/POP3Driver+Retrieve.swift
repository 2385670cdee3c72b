internal import Logging
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import POP3
internal import Storage
internal import Transport

/// RETR and TOP: a message's bytes, in bounded chunks, as fast as the client takes them.
extension POP3Driver {
    /// Octets read at a time. A top is short, mostly.
    static let chunkSize = 64 * 1024
    private static let topChunkSize = 8 * 1024
    /// Chunks up to this size are gathered with the replies; greater ones are sent as they are.
    private static let gatherLimit = 16 * 1024

    func retrieve(_ index: Int, bodyLines: Int?) async throws(ConnectionError) {
        guard let maildrop else { return }
        var message = RetrievedMessage(
            maildrop.messages[index], of: maildrop,
            chunkSize: bodyLines == nil ? Self.chunkSize : Self.topChunkSize)
        var limiter = bodyLines.map(TopLimiter.init)
        // Nothing is promised before the first bytes are there: it may have been removed. From then on it
        // may, too.
        do throws(RetrievedMessage.Failure) {
            try await message.prepare(isUTF8: session.isUTF8, limiter: limiter)
        } catch {
            return refuse(maildrop.messages[index], error)
        }
        session.beginText(
            index: index, bodyLines: bodyLines, isStoredForm: message.isStoredForm, &replies)
        var encoder = MultilineEncoder()
        try await send(ByteBuffer(bytes: message.deliveryHeader), &limiter, &encoder)
        while limiter?.isComplete != true {
            let next: ByteBuffer?
            do throws(MailError) {
                next = try await message.next()
            } catch {
                log(maildrop.messages[index], "\(error)")
                // The text has begun, so only the connection's end can tell that it is not whole.
                throw .io("stored message can't be read: \(error)")
            }
            guard let chunk = next else { break }
            retrieved.octets += chunk.readableBytes
            try await send(chunk, &limiter, &encoder)
        }
        encoder.finish(&replies)
        retrieved.messages += 1
    }

    private func refuse(_ message: MailboxMessage, _ failure: RetrievedMessage.Failure) {
        switch failure {
        case .unreadable(let error):
            log(message, "\(error)")
            session.textFailed(isTemporary: error.isTemporary, &replies)
        case .inconvertible(let reason):
            log(message, "no form of it for this client: \(reason)")
            session.conversionFailed(&replies)
        }
    }

    private func log(_ message: MailboxMessage, _ error: String) {
        logger.error(
            "POP3 message not read",
            metadata: [
                "account": "\(maildrop?.account.description ?? "")", "uid": "\(message.uid)",
                "error": "\(error)",
            ])
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
