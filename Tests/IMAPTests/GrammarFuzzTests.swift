import FuzzSupport
import NIOCore
import Testing

@testable import IMAP

/// Damaged commands, in any pieces: no crash, no endless loop, bounded memory, the same events
/// however the octets come, and events in an order that a session can rely on.
@Suite struct GrammarFuzzTests {
    private static func reader(_ dice: inout GrammarDice) -> CommandReader {
        var reader = CommandReader(limits: dice.chance(70) ? CommandFuzz.limits : CommandLimits())
        reader.isLoggedIn = dice.chance(70)
        reader.acceptsUTF8 = dice.chance(50)
        return reader
    }

    private static func text(_ dice: inout GrammarDice) -> [UInt8] {
        var text: [UInt8] = []
        for _ in 0..<Int.random(in: 1...4, using: &dice) {
            var command = bytes("a \(CommandFuzz.samples.randomElement(using: &dice)!)\r\n")
            if dice.chance(70) { dice.mutate(&command) }
            text += command
        }
        return text
    }

    @Test func commands() throws {
        try GrammarDice.run("IMAP commands", cases: 3000) { dice in
            let text = Self.text(&dice)
            let reader = Self.reader(&dice)
            var pieces: [[UInt8]] = []
            var rest = text[...]
            let most = dice.chance(30) ? 1 : 100
            while !rest.isEmpty {
                pieces.append(Array(rest.prefix(Int.random(in: 1...most, using: &dice))))
                rest = rest.dropFirst(pieces.last!.count)
            }
            _ = try CommandFuzz.check(text, pieces, reader) {
                #expect($0.input.readableBytes <= $0.maximumLength + most)
            }
        }
    }

    @Test func sessions() throws {
        try GrammarDice.run("IMAP sessions", cases: 2000) { dice in
            let text = Self.text(&dice)
            try CommandFuzz.checkSession(text, Self.reader(&dice), &dice)
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
