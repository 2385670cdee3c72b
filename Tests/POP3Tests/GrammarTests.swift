import FuzzSupport
import NIOCore
import Testing

@testable import POP3

@Suite struct CommandLineReaderTests {
    @Test func tellsIncompleteFromInvalid() {
        var reader = CommandLineReader()
        #expect(reader.next(limit: 10) == nil)
        reader.append(ByteBuffer(string: "abc\r"))
        #expect(reader.next(limit: 10) == nil)
        #expect(reader.hasUnreadInput)
        reader.append(ByteBuffer(string: "\nde\r\n12345678\r\n123456789\r\nx"))
        #expect(reader.next(limit: 10) == .line(ByteBuffer(string: "abc")))
        #expect(reader.next(limit: 10) == .line(ByteBuffer(string: "de")))
        #expect(reader.next(limit: 10) == .line(ByteBuffer(string: "12345678")))
        #expect(reader.next(limit: 10) == .tooLong)
        #expect(reader.next(limit: 10) == nil)
        #expect(reader.hasUnreadInput)
    }

    /// A line of any length costs no more memory than its limit and one read.
    @Test func passesOverEndlessLines() {
        var reader = CommandLineReader()
        for _ in 0..<1000 {
            reader.append(ByteBuffer(repeating: 0x61, count: 1000))
            #expect(reader.next(limit: 255) == nil)
        }
        reader.append(ByteBuffer(string: "\r\nNOOP\r\n"))
        #expect(reader.next(limit: 255) == .tooLong)
        #expect(reader.next(limit: 255) == .line(ByteBuffer(string: "NOOP")))
        #expect(!reader.hasUnreadInput)
    }

    @Test func linesAreTheSameHoweverTheyCome() {
        var random = Dice(seed: 2)
        let alphabet = ["a", "bc", "\r\n", "\n", "\r", "\0", " ", "0123456789"]
        for _ in 0..<5000 {
            let text = random.text(from: alphabet, pieces: 30)
            func read(_ size: Int) -> [CommandLineReader.Line] {
                var reader = CommandLineReader()
                var lines: [CommandLineReader.Line] = []
                var rest = ByteBuffer(string: text)
                while rest.readableBytes > 0 {
                    reader.append(rest.readSlice(length: min(size, rest.readableBytes))!)
                    while let line = reader.next(limit: 12) { lines.append(line) }
                }
                return lines
            }
            let all = read(.max)
            #expect(all.count == text.utf8.count { $0 == 0x0a })
            for size in [1, 2, 7] { #expect(read(size) == all) }
        }
    }
}

@Suite struct CommandTableTests {
    @Test func keywordsAreDistinct() {
        #expect(Set(CommandTable.commands.map(\.code)).count == CommandTable.commands.count)
        #expect(!CommandTable.commands.contains { $0.code == 0 })
    }
}

/// Random sessions from several depths. What must hold: no crash, every complete line gets exactly
/// one reply, and replies are well-formed.
@Suite struct SessionFuzzTests {
    @Test(arguments: [Start.clear, .tls, .transaction])
    func survives(start: Start) {
        var random = Dice(seed: 3)
        let alphabet = [
            "USER", "PASS", "alice", "secret", "AUTH", "PLAIN", "AGFsaWNlAHNlY3JldA==", "=", "*", "STLS\r\n", "CAPA\r\n",
            "UTF8\r\n", "LANG", "STAT\r\n", "LIST", "UIDL", "RETR", "TOP", "DELE", "NOOP\r\n", "RSET\r\n", "QUIT", " ",
            "1", "2", "99999999999999999999", "-1", "\r\n", "\r\n", "\n", "\r", "\0", "\u{e9}", "USER alice\r\n",
            "PASS secret\r\n", "RETR 2\r\n", "TOP 1 1\r\n",
        ]
        for _ in 0..<4000 {
            var player = Player(start)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                player.feed(random.text(from: alphabet, pieces: 20))
            }
            let text = player.text
            #expect(text.isEmpty || text.hasSuffix("\r\n"))
            #expect(text.isEmpty || text.hasPrefix("+") || text.hasPrefix("-ERR "))
        }
    }

    @Test func survivesAnyBytes() {
        var random = Dice(seed: 4)
        for _ in 0..<3000 {
            var player = Player(.transaction)
            let bytes = (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
            player.feed(ByteBuffer(bytes: bytes))
        }
    }
}
