internal import NIOCore

/// APPEND and REPLACE: every line is read as far as it goes, and messages are handed on as slices of
/// what was received.
extension CommandReader {
    /// Makes the reader pass over the rest of the APPEND. To be called at any time from the event
    /// `.append` on; for a synchronizing literal instead of sending "+", before `next()` is called.
    package mutating func refuseAppend() {
        guard append.isOpen else { return }
        events.removeAll()
        switch state {
        case .append, .message:
            if isLiteralUnanswered {
                // The rest never comes.
                consume(min(lineStart, input.readableBytes))
                state = .command
                events.append(.appending(.abandoned))
            } else if case .message(let remaining, _) = state {
                state = .skipping(Skipping(literal: remaining, isAbandoning: true))
            } else {
                passOverLine(isAbandoning: true)
            }
        case .command, .rawLine, .skipping, .ended: events.append(.appending(.abandoned))
        }
        isLiteralUnanswered = false
    }

    /// Reads a line of the command that is no message.
    /// - Returns: false when more octets are needed.
    mutating func readAppend(_ position: AppendPosition) -> Bool {
        guard let lineFeed = lineFeed() else {
            guard input.readableBytes > maximumLength else { return false }
            fail(SyntaxError(.overLimit, "command too long"))
            passOverLine()
            return true
        }
        guard lineFeed < maximumLength else {
            fail(
                SyntaxError(.overLimit, "command too long"), literalHead(at: lineFeed),
                consuming: lineFeed + 1)
            return true
        }
        let literal = literalHead(at: lineFeed)
        let (result, position, consumed) = parseAppend(
            upTo: literal == nil ? lineEnd(lineFeed) : lineFeed + 1, isPrefix: literal != nil,
            position)
        switch result {
        case .success(.finished):
            consume(lineFeed + 1)
            state = .command
            events.append(.appending(.finished))
        case .success(.message(let head, let position)):
            begin(head, then: position, lineFeed)
        case .failure(.needsLiteral):
            guard let literal, gather(literal, lineFeed) else {
                fail(
                    SyntaxError(.overLimit, "literal too large"), literal, consuming: lineFeed + 1)
                return true
            }
            // What was understood is done with; the present piece goes on behind its literal.
            input.moveReaderIndex(forwardBy: consumed)
            lineStart -= consumed
            searched -= consumed
            state = .append(position)
        case .failure(.syntax(let error)):
            fail(error, literal, consuming: lineFeed + 1)
        case .failure(.isStreamed):
            fail(SyntaxError(.syntax, "unexpected command"), literal, consuming: lineFeed + 1)
        }
        return true
    }

    /// Hands on octets of the message.
    mutating func readMessage(_ remaining: UInt64, _ position: AppendPosition) -> Bool {
        let count = Int(min(UInt64(input.readableBytes), remaining))
        guard count > 0 || remaining == 0 else { return false }
        if count > 0, let data = input.getSlice(at: input.readerIndex, length: count) {
            consume(count)
            events.append(.appending(.data(data)))
        }
        if remaining > UInt64(count) {
            state = .message(remaining: remaining - UInt64(count), then: position)
        } else if case .literalEnd = position {
            events.append(.appending(.messageEnd))
            state = .append(.message)
        } else {
            state = .append(position)
        }
        return true
    }

    /// A message's literal was announced at the line's end.
    private mutating func begin(
        _ head: LiteralHead, then position: AppendPosition, _ lineFeed: Int
    ) {
        let (size, overflow) = append.size.addingReportingOverflow(head.size)
        guard !overflow, size <= limits.maximumAppend else {
            fail(SyntaxError(.tooBig, "message too large"), head, consuming: lineFeed + 1)
            return
        }
        append.size = size
        consume(lineFeed + 1)
        isLiteralUnanswered = head.isSynchronizing
        events.append(
            .appending(
                .literal(
                    size: head.size, isSynchronizing: head.isSynchronizing,
                    isBinary: head.isBinary)))
        state = .message(remaining: head.size, then: position)
    }

    /// Tells of an error, as an event of its own before `.append` has been one.
    private mutating func fail(
        _ error: SyntaxError, _ literal: LiteralHead? = nil, consuming count: Int? = nil
    ) {
        let hasBegun = append.isOpen || events.contains { if case .append = $0 { true } else { false } }
        events.append(
            hasBegun ? .appending(.failed(error)) : .invalid(tag: append.tag, error))
        if let count, let error = passOver(literal, consuming: count) {
            events.append(.fatal(error))
        }
    }
}
