import NIOCore
import Testing

@testable import IMAP

/// Damaged commands, in any pieces: no crash, no endless loop, bounded memory, the same events
/// however the octets come, and events in an order that a session can rely on.
@Suite struct GrammarFuzzTests {
    /// Small limits, so that they are met.
    private static let limits: CommandLimits = {
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

    private static func reader(_ dice: inout GrammarDice) -> CommandReader {
        var reader = CommandReader(limits: dice.chance(70) ? limits : CommandLimits())
        reader.isLoggedIn = dice.chance(70)
        reader.acceptsUTF8 = dice.chance(50)
        return reader
    }

    private static func text(_ dice: inout GrammarDice) -> [UInt8] {
        var text: [UInt8] = []
        for _ in 0..<Int.random(in: 1...4, using: &dice) {
            var command = bytes("a \(sampleCommands.randomElement(using: &dice)!)\r\n")
            if dice.chance(70) { dice.mutate(&command) }
            text += command
        }
        return text
    }

    @Test func commands() {
        GrammarDice.run("IMAP commands", cases: 3000) { dice in
            let text = Self.text(&dice)
            let fresh = Self.reader(&dice)
            var whole = fresh
            whole.receive(ByteBuffer(bytes: text))
            let expected = drain(&whole)
            var pieces = fresh
            var events: [ReaderEvent] = []
            var rest = text[...]
            let most = dice.chance(30) ? 1 : 100
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...most, using: &dice))
                rest = rest.dropFirst(piece.count)
                pieces.receive(ByteBuffer(bytes: piece))
                events += drain(&pieces)
                #expect(pieces.input.readableBytes <= pieces.maximumLength + most)
            }
            #expect(joined(events) == joined(expected), "\(text)")
            Self.checkOrder(expected, text)
        }
    }

    /// A session that refuses, switches to raw lines and back, at any time.
    @Test func sessions() {
        GrammarDice.run("IMAP sessions", cases: 2000) { dice in
            let text = Self.text(&dice)
            var reader = Self.reader(&dice)
            var events: [ReaderEvent] = []
            for octet in text {
                reader.receive(ByteBuffer(bytes: [octet]))
                while let event = reader.next() {
                    events.append(event)
                    if case .command(_, .idle) = event { reader.beginRawLine() }
                    if case .command(_, .authenticate) = event { reader.beginRawLine() }
                    if case .command(_, .startTLS) = event { reader.discardInput() }
                    if dice.chance(5) { reader.refuseAppend() }
                    if dice.chance(5) { reader.isLoggedIn.toggle() }
                }
            }
            Self.checkOrder(events, text)
        }
    }

    /// Parts of an APPEND stand within one, and literals are as long as was announced.
    private static func checkOrder(_ events: [ReaderEvent], _ text: [UInt8]) {
        var isAppending = false
        var isInMessage = false
        var missing: UInt64 = 0
        for (index, event) in events.enumerated() {
            if case .appending(.data(let data)) = event {
                #expect(isInMessage && UInt64(data.readableBytes) <= missing, "\(text)")
                missing -= min(missing, UInt64(data.readableBytes))
                continue
            }
            switch event {
            case .append:
                #expect(!isAppending, "\(text)")
                isAppending = true
            case .appending(.message):
                #expect(isAppending && !isInMessage && missing == 0, "\(text)")
                isInMessage = true
            case .appending(.literal(let size, _, _)):
                #expect(isInMessage && missing == 0, "\(text)")
                missing = size
            case .appending(.url): #expect(isInMessage && missing == 0, "\(text)")
            case .appending(.messageEnd):
                #expect(isInMessage && missing == 0, "\(text)")
                isInMessage = false
            case .appending(.finished):
                #expect(isAppending && !isInMessage, "\(text)")
                isAppending = false
            case .appending:
                #expect(isAppending, "\(text)")
                isAppending = false
                isInMessage = false
                missing = 0
            case .command, .invalid, .line: #expect(!isAppending, "\(text)")
            case .sendContinuation: break
            case .fatal: #expect(index == events.count - 1, "\(text)")
            }
        }
    }

    @Test func modifiedUTF7() {
        GrammarDice.run("modified UTF-7", cases: 3000) { dice in
            var name = bytes("Entw&APw-rfe &- &U,BTFw- &2D3eAA- x&ZeVnLIqe-")
            dice.mutate(&name)
            if let text = ModifiedUTF7.decode(name) {
                #expect(ModifiedUTF7.encode(text) == String(decoding: name, as: UTF8.self))
            }
            let text = String(decoding: name, as: UTF8.self)
            #expect(ModifiedUTF7.decode(ModifiedUTF7.encode(text).utf8) == text)
        }
    }
}
