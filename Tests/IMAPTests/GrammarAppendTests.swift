import FuzzSupport
import MailModel
import NIOCore
import Testing

@testable import IMAP

@Suite struct GrammarAppendTests {
    private static func data(_ text: String) -> ReaderEvent { .appending(.data(ByteBuffer(string: text))) }

    private static func literal(_ size: UInt64, sync: Bool = false, binary: Bool = false) -> ReaderEvent {
        .appending(.literal(size: size, isSynchronizing: sync, isBinary: binary))
    }

    private static func message(_ size: UInt64?, _ options: AppendOptions = .init()) -> ReaderEvent {
        .appending(.message(options, size: size))
    }

    private static let ends: [ReaderEvent] = [.appending(.messageEnd), .appending(.finished)]
    private static let start = ReaderEvent.append(tag: "a", .init(mailbox: "x"))

    private static let eventsCases: [(String, [ReaderEvent])] = [
        ("APPEND inbox {3}\r\na\r\n\r\n", [.append(tag: "a", .init(mailbox: "INBOX")), message(3), literal(3, sync: true), data("a\r\n")]),
        ("APPEND x {0+}\r\n\r\n", [start, message(0), literal(0)]),
        ("APPEND {1+}\r\nx () ~{2+}\r\n\u{0}\u{1}\r\n", [start, message(2), literal(2, binary: true), data("\u{0}\u{1}")]),
        ("APPEND {1}\r\nx {1+}\r\n{ \r\n", [.sendContinuation, start, message(1), literal(1), data("{")]),
        ("APPEND x (\\Seen $a) \" 2-Jan-1970 01:00:00 +0100\" {1+}\r\nz (\\Draft) {1}\r\ny\r\n",
            [start, message(1, .init(flags: .init(system: .seen, keywords: ["$a"]), internalDate: 86_400_000)), literal(1), data("z"), .appending(.messageEnd),
                message(1, .init(flags: .init(system: .draft))), literal(1, sync: true), data("y")]),
        ("APPEND x CATENATE (URL \"/a;UID=1\" TEXT {1+}\r\nz TEXT {2}\r\nyy URL {1}\r\nb)\r\n",
            [start, message(nil), .appending(.url("/a;UID=1")), literal(1), data("z"), literal(2, sync: true), data("yy"), .sendContinuation, .appending(.url("b"))]),
        ("APPEND x (\\Seen) CATENATE (URL b) CATENATE ( URL c )\r\n",
            [start, message(nil, .init(flags: .init(system: .seen))), .appending(.url("b")), .appending(.messageEnd), message(nil), .appending(.url("c"))]),
        ("APPEND x UTF8 (~{1+}\r\nz) UTF8 (~{1+}\r\ny )\r\n",
            [start, message(1), literal(1, binary: true), data("z"), .appending(.messageEnd), message(1), literal(1, binary: true), data("y")]),
        ("APPEND x CATENATE (UTF8 (~{1+}\r\nz) URL b)\r\n", [start, message(nil), literal(1, binary: true), data("z"), .appending(.url("b"))]),
        ("REPLACE 5 x {1+}\r\nz\r\n", [.append(tag: "a", .init(mailbox: "x", replacing: .of((5, 5)))), message(1), literal(1), data("z")]),
        ("UID REPLACE * x {1+}\r\nz\r\n", [.append(tag: "a", .init(mailbox: "x", replacing: .of((nil, nil)), isUID: true)), message(1), literal(1), data("z")]),
    ]

    @Test(arguments: GrammarAppendTests.eventsCases)
    func events(_ text: String, _ events: [ReaderEvent]) {
        let octets = bytes("a \(text)b NOOP\r\n")
        for size in [Int.max, 1, 3] { #expect(read(octets, pieces: size) == events + Self.ends + [.command(tag: "b", .noop)]) }
    }

    private static func failed(_ kind: SyntaxError.Kind) -> (ReaderEvent) -> Bool {
        { if case .appending(.failed(let error)) = $0 { error.kind == kind } else { false } }
    }

    private static let failuresCases: [(String, SyntaxError.Kind, Int)] = [
        ("APPEND x {100000001}\r\n", .tooBig, 2), ("APPEND x {1+}\r\nzfoo {3+}\r\n\r\n\n bar\r\n", .syntax, 5), ("APPEND x {1+}\r\nz {200000000}\r\n", .tooBig, 6),
        ("APPEND x {1+}\r\nz (\\Foo) {2+}\r\n\n\n\r\n", .syntax, 5), ("REPLACE 1 x {1+}\r\nz {1+}\r\ny\r\n", .syntax, 5), ("APPEND x UTF8 (~{1+}\r\nz\r\n", .syntax, 4),
        ("APPEND x CATENATE ()\r\n", .syntax, 2), ("APPEND x CATENATE (TEXT abc)\r\n", .syntax, 2), ("APPEND x CATENATE (URL {70000+}\r\n\(String(repeating: "u", count: 70_000)))\r\n", .overLimit, 2),
    ]

    @Test(arguments: GrammarAppendTests.failuresCases)
    func failures(_ text: String, _ kind: SyntaxError.Kind, _ before: Int) {
        var limits = CommandLimits()
        limits.maximumAppend = 100_000_000
        let octets = bytes("a \(text)b NOOP\r\n")
        for size in [Int.max, 1, 1000] where size > 1 || octets.count < 200 {
            let events = read(octets, pieces: size, limits: limits)
            #expect(events.count == before + 2, "\(events)")
            #expect(events.last == .command(tag: "b", .noop))
            #expect(events.dropLast().last.map(Self.failed(kind)) == true, "\(events)")
        }
    }

    @Test func tooManyPieces() {
        let list = { (count: Int, piece: String, end: String) in String(repeating: piece, count: count) + end + "\r\nb NOOP\r\n" }
        for (head, piece, end) in [("a APPEND x", " {1+}\r\nz", ""), ("a APPEND x CATENATE (URL z", " URL z", ")")] {
            #expect(!read(head + list(999, piece, end)).contains(where: Self.failed(.overLimit)))
            let events = read(head + list(1001, piece, end))
            #expect(events.contains(where: Self.failed(.overLimit)) && events.last == .command(tag: "b", .noop))
        }
    }

    @Test func tooLargeWithoutWaiting() {
        var limits = CommandLimits()
        limits.maximumAppend = 10
        limits.maximumSkipped = 20
        #expect(read("a APPEND x {11+}\r\n12345678901\r\nb NOOP\r\n", limits: limits).last == .command(tag: "b", .noop))
        #expect(read("a APPEND x {21+}\r\n", limits: limits).last == .fatal(SyntaxError(.overLimit, "literal too large")))
        let parts = read("a APPEND x CATENATE (TEXT {6+}\r\n123456 TEXT {5+}\r\n12345)\r\nb NOOP\r\n", limits: limits)
        #expect(parts.contains(where: Self.failed(.tooBig)) && parts.last == .command(tag: "b", .noop))
    }

    /// What a session does that refuses after so many events.
    private static let refusedCases: [String] = [
        "a APPEND x {3+}\r\nabc\r\n", "a APPEND x {3+}\r\nabc (\\Seen) {5+}\r\n\r\n {9\r\n", "a APPEND x CATENATE (URL {3+}\r\nb\r\n TEXT {2+}\r\n\n\n)\r\n",
        "a APPEND x CATENATE (URL b)\r\n", "a REPLACE 1 x UTF8 (~{1+}\r\nz)\r\n", "a APPEND x {3+}\r\nabcfoo\r\n",
    ]

    @Test(arguments: GrammarAppendTests.refusedCases)
    func refused(_ text: String) {
        let octets = bytes(text + "b NOOP\r\n")
        for size in [Int.max, 1, 4] {
            for after in 1...8 {
                var reader = CommandReader(limits: CommandLimits())
                var events: [ReaderEvent] = []
                for start in stride(from: 0, to: octets.count, by: min(size, octets.count)) {
                    reader.receive(ByteBuffer(bytes: octets[start..<min(octets.count, start + min(size, octets.count))]))
                    while let event = reader.next() {
                        events.append(event)
                        if events.count == after { reader.refuseAppend() }
                    }
                }
                #expect(events.last == .command(tag: "b", .noop), "\(text) \(size) \(after) \(events)")
                let ends = events.filter {
                    switch $0 {
                    case .appending(.abandoned), .appending(.finished), .appending(.failed): true
                    default: false
                    }
                }
                #expect(ends.count == 1, "\(text) \(size) \(after) \(events)")
                if after < events.count - 2 { #expect(events[after...] == [.appending(.abandoned), .command(tag: "b", .noop)]) }
            }
        }
    }

    /// A synchronizing literal that is refused never comes.
    @Test(arguments: [1, 2, 3]) func refusedInsteadOfContinued(after count: Int) {
        var reader = CommandReader(limits: CommandLimits())
        reader.receive(ByteBuffer(string: "a APPEND x {3}\r\n"))
        for _ in 0..<count { _ = reader.next() }
        reader.refuseAppend()
        #expect(drain(&reader) == [.appending(.abandoned)])
        reader.receive(ByteBuffer(string: "b NOOP\r\n"))
        #expect(drain(&reader) == [.command(tag: "b", .noop)])
    }

    @Test func refusedAfterContinued() {
        var reader = CommandReader(limits: CommandLimits())
        reader.receive(ByteBuffer(string: "a APPEND x {3}\r\n"))
        #expect(drain(&reader).count == 3)
        reader.refuseAppend()
        #expect(drain(&reader).isEmpty)
        reader.receive(ByteBuffer(string: "abc\r\nb NOOP\r\n"))
        #expect(drain(&reader) == [.appending(.abandoned), .command(tag: "b", .noop)])
    }

    /// A URL that was to come as a literal.
    @Test func refusedInsteadOfURL() {
        var reader = CommandReader(limits: CommandLimits())
        reader.receive(ByteBuffer(string: "a APPEND x CATENATE (URL {3}\r\n"))
        #expect(reader.next() == Self.start)
        #expect(reader.next() == Self.message(nil))
        #expect(reader.next() == .sendContinuation)
        reader.refuseAppend()
        reader.receive(ByteBuffer(string: "b NOOP\r\n"))
        #expect(drain(&reader) == [.appending(.abandoned), .command(tag: "b", .noop)])
    }

    /// Octets are handed on as slices of what was received, as soon as they are there.
    @Test func streams() {
        var reader = CommandReader(limits: CommandLimits())
        reader.isLoggedIn = true
        reader.receive(ByteBuffer(string: "a APPEND x {10000000+}\r\n"))
        #expect(drain(&reader).count == 3)
        for _ in 0..<1000 {
            reader.receive(ByteBuffer(repeating: 0x0a, count: 10_000))
            #expect(drain(&reader).first == .appending(.data(ByteBuffer(repeating: 0x0a, count: 10_000))))
            #expect(reader.input.readableBytes == 0)
        }
        reader.receive(ByteBuffer(string: "\r\n"))
        #expect(drain(&reader).last == .appending(.finished))
    }
}
