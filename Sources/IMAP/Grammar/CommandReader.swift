package import NIOCore

/// Makes commands of what a client sends: octets in, events out, each octet looked at once or twice.
///
/// A command is kept in one piece, mostly where it was received, until its last line is there, and
/// then parsed in place. Literals belong to the piece; those of messages (APPEND, REPLACE) are handed
/// on as they come (`CommandReader+Append`). Lines end with CRLF; a bare LF is taken too.
///
/// Holds at most the limit of a command and what was received last. What is refused is passed over
/// without being kept.
package struct CommandReader: Sendable {
    enum State: Sendable {
        case command, rawLine
        case append(AppendPosition)
        /// Octets of a message follow, then the position given.
        case message(remaining: UInt64, then: AppendPosition)
        case skipping(Skipping)
        case ended
    }

    package let limits: CommandLimits
    /// Limits are wider after login.
    package var isLoggedIn = false
    /// Quoted strings may be UTF-8, and mailbox names are: after ENABLE UTF8=ACCEPT or IMAP4rev2.
    package var acceptsUTF8 = false

    var state = State.command
    var input = ByteBuffer()
    var events = CircularBuffer<ReaderEvent>()

    /// The command that is being gathered begins at the input's first octet; its lines and literals
    /// up to here are known (the last literal may be still to come), and up to `searched` there is no
    /// line feed behind it.
    var lineStart = 0
    var searched = 0
    var literals = 0
    var isMetadata = false

    var append = AppendProgress()
    /// The client waits for an answer to the literal it announced last: the event was not yet
    /// returned, or nothing has been asked for since.
    var isLiteralUnanswered = false

    package init(limits: CommandLimits) { self.limits = limits }

    /// Something was received that has not been read as a command.
    package var hasUnreadInput: Bool {
        if input.readableBytes > 0 { return true }
        return switch state {
        case .command, .rawLine, .ended: false
        case .append, .message, .skipping: true
        }
    }

    package mutating func receive(_ bytes: ByteBuffer) {
        if case .ended = state { return }
        if input.readableBytes == 0 {
            input = bytes
        } else {
            input.discardReadBytes()
            input.writeImmutableBuffer(bytes)
        }
    }

    /// - Returns: nil when more octets are needed.
    package mutating func next() -> ReaderEvent? {
        if events.isEmpty { isLiteralUnanswered = false }
        while true {
            if let event = events.popFirst() {
                append.note(event)
                return event
            }
            var event: ReaderEvent?
            switch state {
            case .command:
                guard readCommand(&event) else { return nil }
            case .rawLine:
                guard readRawLine(&event) else { return nil }
            case .append(let position):
                guard readAppend(position) else { return nil }
                continue
            case .message(let remaining, let position):
                guard readMessage(remaining, position) else { return nil }
                continue
            case .skipping(let skipping):
                guard skip(skipping) else { return nil }
                continue
            case .ended: return nil
            }
            if let event { return event }
        }
    }

    /// The next event is `.line`: to be called right after the event of the command that takes it.
    package mutating func beginRawLine() { state = .rawLine }

    /// Forgets what was not read: after STARTTLS nothing received in clear may be used.
    package mutating func discardInput() {
        input = ByteBuffer()
        events.removeAll()
        state = .command
        append = AppendProgress()
        isLiteralUnanswered = false
        beginLine()
    }

    /// What was received and not read: someone else goes on with it.
    package mutating func takeUnreadInput() -> ByteBuffer {
        let rest = input
        discardInput()
        return rest
    }

    // MARK: Lines

    var maximumLength: Int {
        isLoggedIn
            ? limits.maximumCommandLength + (isMetadata ? limits.maximumMetadata : 0)
            : limits.maximumCommandLengthBeforeLogin
    }

    /// The index of the line feed that ends the present line.
    mutating func lineFeed() -> Int? {
        let start = max(lineStart, searched)
        guard start < input.readableBytes else { return nil }
        let found = input.withUnsafeReadableBytes { $0.index(of: Octet.lf, from: start) }
        searched = found ?? input.readableBytes
        return found
    }

    /// - Returns: the index behind the last octet of the line that `lineFeed` ends.
    func lineEnd(_ lineFeed: Int) -> Int {
        input.withUnsafeReadableBytes {
            lineFeed > lineStart && $0[lineFeed - 1] == Octet.cr ? lineFeed - 1 : lineFeed
        }
    }

    func literalHead(at lineFeed: Int) -> LiteralHead? {
        let end = lineEnd(lineFeed)
        return input.withUnsafeReadableBytes {
            LiteralHead(endOf: UnsafeRawBufferPointer(rebasing: $0[lineStart..<end]))
        }
    }

    /// Takes octets from the input's beginning, where a line begins then.
    mutating func consume(_ count: Int) {
        input.moveReaderIndex(forwardBy: count)
        // An idle connection keeps no buffer.
        if input.readableBytes == 0 { input = ByteBuffer() }
        beginLine()
    }

    private mutating func beginLine() {
        lineStart = 0
        searched = 0
        literals = 0
        isMetadata = false
    }

    // MARK: Commands

    /// - Returns: false when more octets are needed.
    private mutating func readCommand(_ event: inout ReaderEvent?) -> Bool {
        guard let lineFeed = lineFeed() else {
            guard input.readableBytes > maximumLength else { return false }
            event = refuse(.overLimit, "command too long", literal: nil)
            return true
        }
        guard lineFeed < maximumLength else {
            event = refuse(
                .overLimit, "command too long", literal: literalHead(at: lineFeed),
                consuming: lineFeed + 1)
            return true
        }
        if let literal = literalHead(at: lineFeed) {
            event = readLiteral(literal, lineFeed)
            return true
        }
        let (tag, _, result) = parse(upTo: lineEnd(lineFeed), isPrefix: false)
        switch result {
        case .success(let command):
            event = .command(tag: tag ?? "", command)
        case .failure(.syntax(let error)):
            event = .invalid(tag: tag, error)
        case .failure(.isStreamed):
            state = .append(.start)
            return true
        case .failure(.needsLiteral):
            event = .invalid(tag: tag, SyntaxError(.syntax, "literal cut off"))
        }
        consume(lineFeed + 1)
        return true
    }

    /// A line has ended with the announcement of a literal. What can't become a command is refused at
    /// once: a client that waits for "+" need not send the literal then.
    private mutating func readLiteral(_ literal: LiteralHead, _ lineFeed: Int) -> ReaderEvent? {
        if lineStart == 0 || literal.isSynchronizing {
            let (_, name, result) = parse(upTo: lineFeed + 1, isPrefix: true)
            switch result {
            case .failure(.isStreamed):
                state = .append(.start)
                return nil
            case .failure(.needsLiteral): isMetadata = isLoggedIn && name == .setMetadata
            case .failure(.syntax(let error)):
                return refuse(error, literal: literal, consuming: lineFeed + 1)
            case .success:
                return refuse(
                    .syntax, "unexpected literal", literal: literal, consuming: lineFeed + 1)
            }
        }
        return gather(literal, lineFeed)
            ? nil
            : refuse(.overLimit, "literal too large", literal: literal, consuming: lineFeed + 1)
    }

    /// Lets a literal that is part of the command come.
    /// - Returns: false when it is against the limits.
    mutating func gather(_ literal: LiteralHead, _ lineFeed: Int) -> Bool {
        let most = isLoggedIn ? maximumLength : limits.maximumLiteralBeforeLogin
        guard literals < limits.maximumLiterals, literal.size <= UInt64(most),
            lineFeed + 1 + Int(literal.size) <= maximumLength
        else { return false }
        literals += 1
        lineStart = lineFeed + 1 + Int(literal.size)
        searched = lineStart
        if literal.isSynchronizing {
            isLiteralUnanswered = true
            events.append(.sendContinuation)
        }
        return true
    }

    private func parse(
        upTo end: Int, isPrefix: Bool
    ) -> (tag: String?, name: CommandName?, Result<IMAPCommand, ParseFailure>) {
        input.withUnsafeReadableBytes { bytes in
            var parser = CommandParser(
                UnsafeRawBufferPointer(rebasing: bytes[..<end]), limits, acceptsUTF8: acceptsUTF8,
                isPrefix: isPrefix)
            do throws(ParseFailure) {
                let command = try parser.command()
                return (parser.tag, parser.name, .success(command))
            } catch {
                return (parser.tag, parser.name, .failure(error))
            }
        }
    }

    // MARK: Raw lines

    private mutating func readRawLine(_ event: inout ReaderEvent?) -> Bool {
        guard let lineFeed = lineFeed() else {
            guard input.readableBytes > maximumLength else { return false }
            event = .invalid(tag: nil, SyntaxError(.overLimit, "line too long"))
            state = .skipping(Skipping(honorsLiterals: false))
            return true
        }
        let end = lineEnd(lineFeed)
        state = .command
        if lineFeed < maximumLength, let line = input.getSlice(at: input.readerIndex, length: end) {
            event = .line(line)
        } else {
            event = .invalid(tag: nil, SyntaxError(.overLimit, "line too long"))
        }
        consume(lineFeed + 1)
        return true
    }

    // MARK: Refusals

    private mutating func refuse(
        _ kind: SyntaxError.Kind, _ text: String, literal: LiteralHead?, consuming count: Int = 0
    ) -> ReaderEvent {
        refuse(SyntaxError(kind, text), literal: literal, consuming: count)
    }

    /// - Parameters:
    ///   - literal: what the last octets of those consumed announce.
    ///   - count: octets of whole lines; with 0 the present line is passed over as it comes.
    private mutating func refuse(
        _ error: SyntaxError, literal: LiteralHead?, consuming count: Int
    ) -> ReaderEvent {
        let tag = parse(upTo: min(input.readableBytes, limits.maximumTagLength + 2), isPrefix: true).tag
        if count == 0 {
            passOverLine()
        } else if let error = passOver(literal, consuming: count) {
            events.append(.fatal(error))
        }
        return .invalid(tag: tag, error)
    }
}
