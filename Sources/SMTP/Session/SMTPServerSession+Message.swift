package import MailModel
package import NIOCore

/// DATA and BDAT.
extension SMTPServerSession {
    /// DATA ends a pipelined group (RFC 2920 section 3.1): octets behind it were sent without
    /// knowing whether they would be taken for a message or for commands.
    mutating func data(
        followedByInput: Bool, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        guard !followedByInput else { return disconnect(.earlyMessage, &output) }
        guard let transaction, !transaction.recipients.isEmpty else {
            return fail(.noRecipients, &output)
        }
        guard transaction.mail.body != .binaryMIME else { return fail(.binaryNeedsBDAT, &output) }
        question = .messageStart(nil)
        return .beginMessage
    }

    /// RFC 3030 section 2: whatever the answer, the chunk's octets follow the command.
    mutating func chunk(
        _ size: Int, _ isLast: Bool, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        var chunk = Chunk(size: size, remaining: size, isLast: isLast)
        guard let transaction else {
            chunk.refusal = .chunkOutOfPlace
            phase = .chunk(chunk)
            return nil
        }
        guard !transaction.recipients.isEmpty else {
            chunk.refusal = .noRecipients
            phase = .chunk(chunk)
            return nil
        }
        guard transaction.chunks == nil else {
            phase = .chunk(chunk)
            return nil
        }
        question = .messageStart(chunk)
        return .beginMessage
    }

    /// A chunk whose command has a syntax error: its octets are discarded before the reply. The
    /// transaction has failed with it, so that those which follow in the pipeline don't make a message
    /// that lacks them (RFC 3030 section 2).
    mutating func refuseChunk(_ size: Int) -> SMTPServerAction? {
        phase = .chunk(
            Chunk(size: size, remaining: size, isLast: false, refusal: .invalidChunkSize))
        guard transaction != nil else { return nil }
        transaction = nil
        return .resetTransaction(.invalidChunkSize)
    }

    /// The driver has a place for the message.
    package mutating func messageStarted(_ output: inout ByteBuffer) {
        guard case .messageStart(let chunk) = question, let transaction else { return }
        question = nil
        var limits = configuration.message
        limits.maximumSize = min(limits.maximumSize, transaction.maximumSize ?? .max)
        guard let chunk else {
            SMTPReply.startMessage.write(into: &output)
            phase = .message(MessageDataReader(.dotStuffed, limits))
            return
        }
        self.transaction?.chunks = MessageDataReader(
            transaction.mail.body == .binaryMIME ? .chunkedBinary : .chunkedText, limits)
        phase = .chunk(chunk)
    }

    /// What remains of the message is read and dropped, then the error is its reply.
    package mutating func refuseMessage(_ error: MailError) {
        if case .message(var reader) = phase {
            reader.refuse(SMTPReply(error))
            phase = .message(reader)
        }
        transaction?.chunks?.refuse(SMTPReply(error))
    }

    /// The message is safe: the server answers for it from now on (RFC 5321 section 6.1).
    package mutating func messageAccepted(_ id: QueueID, _ output: inout ByteBuffer) {
        question = nil
        counts.failures = 0
        if let transaction, let asked = transaction.mail.priority,
            transaction.grants.priority != asked
        {
            // The new priority comes first in the text (RFC 6710 section 4.1).
            output.writeString("250 2.3.6 \(transaction.grants.priority) is the new priority, queued as ")
        } else {
            output.writeStaticString("250 2.0.0 OK queued as ")
        }
        transaction = nil
        output.writeString(id.description)
        output.writeStaticString("\r\n")
    }

    mutating func nextContent(
        _ input: inout ByteBuffer, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        guard case .message(var reader) = phase else { return nil }
        let event = reader.next(&input)
        phase = .message(reader)
        switch event {
        case .content(let octets): return .content(octets)
        case .needsMore: return .read
        case .end:
            phase = .commands
            return endMessage(reader, &output)
        }
    }

    private mutating func endMessage(
        _ reader: MessageDataReader, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        guard let defect = reader.defect else {
            question = .messageEnd
            return .endMessage
        }
        transaction = nil
        _ = fail(defect.reply, &output)
        return .resetTransaction(defect.reply)
    }

    mutating func nextChunkContent(
        _ input: inout ByteBuffer, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        guard case .chunk(var chunk) = phase else { return nil }
        guard chunk.remaining > 0 else { return endChunk(chunk, &output) }
        let available = min(chunk.remaining, input.readableBytes)
        guard available > 0, var part = input.getSlice(at: input.readerIndex, length: available)
        else { return .read }
        var event = MessageDataReader.Event.needsMore
        if chunk.refusal == nil, var reader = transaction?.chunks {
            event = reader.next(&part)
            transaction?.chunks = reader
        } else {
            part.moveReaderIndex(to: part.writerIndex)
        }
        let used = available - part.readableBytes
        input.moveReaderIndex(forwardBy: used)
        chunk.remaining -= used
        phase = .chunk(chunk)
        if case .content(let octets) = event { return .content(octets) }
        return nil
    }

    private mutating func endChunk(
        _ chunk: Chunk, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        phase = .commands
        if let refusal = chunk.refusal { return fail(refusal, &output) }
        guard var reader = transaction?.chunks else { return nil }
        guard chunk.isLast || reader.defect != nil else {
            output.writeString("250 2.0.0 \(chunk.size) octets received\r\n")
            return nil
        }
        if chunk.isLast, !chunk.isFinished, let rest = reader.finishChunks() {
            transaction?.chunks = reader
            var finished = chunk
            finished.isFinished = true
            phase = .chunk(finished)
            return .content(rest)
        }
        return endMessage(reader, &output)
    }
}
