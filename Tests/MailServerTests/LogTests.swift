import Glibc
import Logging
import MailModel
import Testing

@testable import MailServer

@Suite struct LogTests {
    private static func text(_ message: String, _ metadata: Logger.Metadata = [:]) -> String {
        String(decoding: LogLine(.info, message, metadata).finished(), as: UTF8.self)
    }

    @Test func keysAreInOrder() {
        #expect(Self.text("hello there") == "info hello there\n")
        #expect(Self.text("hello", ["b": "2", "a": "1", "c": "x y"]) == "info hello a=1 b=2 c=\"x y\"\n")
    }

    @Test(arguments: [
        ("", "\"\""), ("a=b", "\"a=b\""), ("say \"hi\" \\", "\"say \\\"hi\\\" \\\\\""),
        ("line\r\n2026 info forged", "\"line\\r\\n2026 info forged\""), ("\t", "\"\\t\""),
        ("\u{1b}[2J", "\"\\x1b[2J\""), ("\u{7f}", "\"\\x7f\""), ("\u{85}", "\"\\xc2\\x85\""),
        ("\u{2028}", "\"\\xe2\\x80\\xa8\""), ("Grüße", "\"Grüße\""), ("127.0.0.1:25", "127.0.0.1:25"),
    ])
    func valuesCanNotBreakOut(value: String, written: String) {
        #expect(Self.text("m", ["k": "\(value)"]) == "info m k=\(written)\n")
    }

    @Test func messagesAndKeysStayOnTheirLine() {
        #expect(Self.text("a\nb \"c\"", ["k\n": "v"]) == "info a\\nb \"c\" k\\n=v\n")
    }

    @Test func stampsAreUTC() {
        var stamp = LogStamp()
        #expect(String(decoding: stamp.bytes(at: 0), as: UTF8.self) == "1970-01-01T00:00:00Z ")
        #expect(
            String(decoding: stamp.bytes(at: 1_795_323_672), as: UTF8.self)
                == "2026-11-22T05:01:12Z ")
    }

    /// A pipe's two ends.
    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        try #require(Glibc.pipe(&ends) == 0)
        return (ends[0], ends[1])
    }

    /// All that is there, once it is so many lines.
    private static func read(_ descriptor: Int32, lines: Int) -> [Substring] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count(where: { $0 == 0x0a }) < lines {
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 60_000) > 0 else { break }
            let count = Glibc.read(descriptor, &block, block.count)
            guard count > 0 else { break }
            bytes += block[..<count]
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }

    @Test func linesKeepTheirOrder() throws {
        let (reader, writer) = try Self.pipe()
        let output = LogOutput(writer)
        for number in 0..<1000 { output.append(Array("info line \(number)\n".utf8)) }
        output.flush()
        let lines = Self.read(reader, lines: 1000)
        #expect(lines.count == 1000)
        #expect(lines.enumerated().allSatisfy { $1.hasSuffix("Z info line \($0)") })
    }

    @Test func whatDoesNotFitIsCounted() throws {
        let (reader, writer) = try Self.pipe()
        let output = LogOutput(writer, capacity: 100)
        for _ in 0..<10 { output.append(Array(repeating: 0x61, count: 101)) }
        output.append(Array("info fits\n".utf8))
        output.flush()
        let lines = Self.read(reader, lines: 2)
        #expect(lines.count == 2)
        #expect(lines.last?.hasSuffix("Z warning log lines were dropped count=10") == true)
    }

    @Test func errorsAreWrittenAtOnce() throws {
        let (reader, writer) = try Self.pipe()
        let output = LogOutput(writer)
        var logger = Logger(label: "test", factory: { _ in LineLogHandler(output) })
        logger[metadataKey: "always"] = "here"
        logger.debug("unseen")
        logger.error("bad", metadata: ["cause": "worse"])
        #expect(Self.read(reader, lines: 1).map { $0.dropFirst(21) } == ["error bad always=here cause=worse"])
    }

    /// Named one by one or as metadata, they are the same line.
    @Test(arguments: ["alice@example.org", "\"a b\"@example.org", "grün@example.org"])
    func fieldsOfAnEvent(address: String) throws {
        let path = ReversePath.address(try #require(EmailAddress(address)))
        let (reader, writer) = try Self.pipe()
        let output = LogOutput(writer)
        var logger = Logger(label: "test", factory: { _ in LineLogHandler(output) })
        for _ in 0..<2 {
            logger.event("accepted") { fields in
                fields.add("from", path)
                fields.add("login", "a=b\r\n")
                fields.add("to", .null)
            }
            // Such a logger has fields of its own, and goes the long way.
            logger[metadataKey: "z"] = "1"
        }
        output.flush()
        let lines = Self.read(reader, lines: 2).map { String($0.dropFirst(21)) }
        #expect(lines.last == (lines.first ?? "") + " z=1")
        #expect(lines.first?.hasPrefix("info accepted from=") == true)
    }

    @Test func theJournalGetsPriorities() throws {
        let (reader, writer) = try Self.pipe()
        let output = LogOutput(writer, isJournal: true)
        var logger = Logger(label: "test", factory: { _ in LineLogHandler(output) })
        logger.logLevel = .trace
        logger.trace("a")
        logger.debug("b")
        logger.info("c")
        logger.notice("d")
        logger.warning("e")
        logger.error("f")
        logger.critical("g")
        output.flush()
        #expect(
            Self.read(reader, lines: 7) == [
                "<7>trace a", "<7>debug b", "<6>info c", "<5>notice d", "<4>warning e", "<3>error f",
                "<2>critical g",
            ])
    }

    @Test func aStreamIsTheJournalsWhenItIsTheOneThatIsNamed() throws {
        let (reader, writer) = try Self.pipe()
        var status = stat()
        fstat(writer, &status)
        #expect(JournalStream.isOpen(on: writer, "\(status.st_dev):\(status.st_ino)"))
        for other in [nil, "", "1", "\(status.st_dev):", "\(status.st_dev):\(status.st_ino + 1)", "x:y"] {
            #expect(!JournalStream.isOpen(on: writer, other))
        }
        close(reader)
        close(writer)
    }
}
