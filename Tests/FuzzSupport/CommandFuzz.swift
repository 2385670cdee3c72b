package import IMAP
internal import NIOCore

/// IMAP's commands as a session reads them.
package enum CommandFuzz {
    /// Small limits, so that they are met.
    package static let limits: CommandLimits = {
        var limits = CommandLimits()
        limits.maximumCommandLength = 600
        limits.maximumCommandLengthBeforeLogin = 300
        limits.maximumLiteralBeforeLogin = 20
        limits.maximumMetadata = 200
        limits.maximumLiterals = 4
        limits.maximumAppend = 50
        limits.maximumSkipped = 5000
        limits.maximumSkippedBeforeLogin = 100
        limits.maximumTagLength = 8
        limits.maximumNesting = 5
        limits.maximumSearchKeys = 10
        limits.maximumListLength = 8
        limits.maximumRanges = 8
        return limits
    }()

    /// The same events however the octets come, in an order that a session can rely on.
    /// - Parameter afterPiece: gets the reader after each piece.
    /// - Returns: the commands.
    package static func check(
        _ text: [UInt8], _ pieces: [[UInt8]], _ reader: CommandReader,
        afterPiece: (CommandReader) -> Void = { _ in }
    ) throws(Violation) -> [IMAPCommand] {
        var whole = reader
        whole.receive(ByteBuffer(bytes: text))
        let expected = drain(&whole)
        var split = reader
        var events: [ReaderEvent] = []
        for piece in pieces {
            split.receive(ByteBuffer(bytes: piece))
            events += drain(&split)
            afterPiece(split)
        }
        try expect(joined(events) == joined(expected), "events do not depend on segments")
        try checkOrder(expected)
        return expected.compactMap { if case .command(_, let command) = $0 { command } else { nil } }
    }

    /// A session that refuses, switches to raw lines and back, at any time.
    package static func checkSession(
        _ text: [UInt8], _ reader: CommandReader, _ dice: inout some RandomNumberGenerator
    ) throws(Violation) {
        var reader = reader
        var events: [ReaderEvent] = []
        for octet in text {
            reader.receive(ByteBuffer(bytes: [octet]))
            while let event = reader.next() {
                events.append(event)
                if case .command(_, .idle) = event { reader.beginRawLine() }
                if case .command(_, .authenticate) = event { reader.beginRawLine() }
                if case .command(_, .startTLS) = event { reader.discardInput() }
                if Int.random(in: 0..<20, using: &dice) == 0 { reader.refuseAppend() }
                if Int.random(in: 0..<20, using: &dice) == 0 { reader.isLoggedIn.toggle() }
            }
        }
        try checkOrder(events)
    }

    /// Parts of an APPEND stand within one, and literals are as long as was announced.
    private static func checkOrder(_ events: [ReaderEvent]) throws(Violation) {
        var isAppending = false
        var isInMessage = false
        var missing: UInt64 = 0
        for (index, event) in events.enumerated() {
            var isInOrder = true
            switch event {
            case .append:
                isInOrder = !isAppending
                isAppending = true
            case .appending(.data(let data)):
                isInOrder = isInMessage && UInt64(data.readableBytes) <= missing
                missing -= min(missing, UInt64(data.readableBytes))
            case .appending(.message):
                isInOrder = isAppending && !isInMessage && missing == 0
                isInMessage = true
            case .appending(.literal(let size, _, _)):
                isInOrder = isInMessage && missing == 0
                missing = size
            case .appending(.url): isInOrder = isInMessage && missing == 0
            case .appending(.messageEnd):
                isInOrder = isInMessage && missing == 0
                isInMessage = false
            case .appending(.finished):
                isInOrder = isAppending && !isInMessage
                isAppending = false
            case .appending(.abandoned), .appending(.failed):
                isInOrder = isAppending
                isAppending = false
                isInMessage = false
                missing = 0
            case .command, .invalid, .line: isInOrder = !isAppending
            case .sendContinuation: break
            case .fatal: isInOrder = index == events.count - 1
            }
            try expect(isInOrder, "event \(index) is in its place: \(event)")
        }
    }
}

package func drain(_ reader: inout CommandReader) -> [ReaderEvent] {
    var events: [ReaderEvent] = []
    while let event = reader.next() { events.append(event) }
    return events
}

/// Octets of messages in one piece each.
package func joined(_ events: [ReaderEvent]) -> [ReaderEvent] {
    var result: [ReaderEvent] = []
    for event in events {
        if case .appending(.data(let more)) = event,
            case .appending(.data(var data)) = result.last
        {
            data.writeImmutableBuffer(more)
            result[result.count - 1] = .appending(.data(data))
        } else {
            result.append(event)
        }
    }
    return result
}
