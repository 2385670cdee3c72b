internal import NIOCore

/// How the pieces of APPEND follow each other.
extension CommandReader {
    enum AppendStop {
        case finished
        /// A message's literal, and what stands behind it.
        case message(LiteralHead, then: AppendPosition)
    }

    /// Reads pieces of a line from `position` on, an event for each.
    /// - Returns: how the line ended; with `.needsLiteral`, the position of the piece that lacks it
    ///   and the octets before it.
    mutating func parseAppend(
        upTo end: Int, isPrefix: Bool, _ start: AppendPosition
    ) -> (Result<AppendStop, ParseFailure>, AppendPosition, consumed: Int) {
        var position = start
        var progress = append
        var found: [ReaderEvent] = []
        var consumed = 0
        let result = input.withUnsafeReadableBytes { bytes -> Result<AppendStop, ParseFailure> in
            var parser = CommandParser(
                UnsafeRawBufferPointer(rebasing: bytes[..<end]), limits, acceptsUTF8: acceptsUTF8,
                isPrefix: isPrefix)
            do throws(ParseFailure) {
                while true {
                    if let stop = try Self.readPiece(&parser, &position, &progress, &found) {
                        return .success(stop)
                    }
                    consumed = parser.position
                }
            } catch {
                if case .start = position { progress.tag = parser.tag }
                return .failure(error)
            }
        }
        append = progress
        events.append(contentsOf: found)
        return (result, position, consumed)
    }

    private static func readPiece(
        _ parser: inout CommandParser, _ position: inout AppendPosition,
        _ progress: inout AppendProgress, _ found: inout [ReaderEvent]
    ) throws(ParseFailure) -> AppendStop? {
        switch position {
        case .start:
            let start = try parser.appendStart()
            progress = AppendProgress()
            progress.tag = parser.tag
            progress.isReplace = start.replacing != nil
            found.append(.append(tag: parser.tag ?? "", start))
            position = .message
        case .message:
            return try readMessageStart(&parser, &position, &progress, &found)
        case .part:
            guard progress.parts < parser.limits.maximumListLength else {
                throw parser.tooMuch("too many parts")
            }
            let part = try parser.catenatePart()
            progress.parts += 1
            switch part {
            case .url(let url): found.append(.appending(.url(url)))
            case .text(let head): return .message(head, then: .partEnd)
            case .utf8(let head): return .message(head, then: .utf8End(isPart: true))
            }
            position = .partEnd
        case .partEnd:
            let hasSpace = parser.skipSpace()
            if parser.skip(UInt8(ascii: ")")) {
                found.append(.appending(.messageEnd))
                position = .message
            } else if hasSpace {
                position = .part
            } else {
                throw parser.expected("a space or \")\"")
            }
        case .utf8End(let isPart):
            parser.skipSpaces()
            try parser.expect(UInt8(ascii: ")"), "\")\" behind the literal")
            if !isPart { found.append(.appending(.messageEnd)) }
            position = isPart ? .partEnd : .message
        case .literalEnd:
            position = .message
        }
        return nil
    }

    private static func readMessageStart(
        _ parser: inout CommandParser, _ position: inout AppendPosition,
        _ progress: inout AppendProgress, _ found: inout [ReaderEvent]
    ) throws(ParseFailure) -> AppendStop? {
        let hasSpace = parser.skipSpace()
        if parser.isAtEnd, progress.messages > 0 { return .finished }
        guard hasSpace else { throw parser.expected("a space") }
        guard progress.messages == 0 || !progress.isReplace else {
            throw parser.expected("the end of the command")
        }
        guard progress.messages < parser.limits.maximumListLength else {
            throw parser.tooMuch("too many messages")
        }
        let (options, data) = try parser.appendMessage()
        progress.messages += 1
        progress.parts = 0
        progress.size = 0
        switch data {
        case .literal(let head):
            found.append(.appending(.message(options, size: head.size)))
            return .message(head, then: .literalEnd)
        case .utf8(let head):
            found.append(.appending(.message(options, size: head.size)))
            return .message(head, then: .utf8End(isPart: false))
        case .catenate:
            found.append(.appending(.message(options, size: nil)))
            position = .part
            return nil
        }
    }
}
