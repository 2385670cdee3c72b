import FuzzSupport
import NIOCore
import Testing

@testable import IMAP

/// Lines, literals, limits, and what happens after errors.
@Suite struct GrammarReaderTests {
    private static let noop = ReaderEvent.command(tag: "b", .noop)

    private func kinds(_ events: [ReaderEvent]) -> [String] {
        events.map {
            switch $0 {
            case .command(let tag, _): "command \(tag)"
            case .sendContinuation: "+"
            case .append: "append"
            case .appending(.failed(let error)): "failed \(error.kind)"
            case .appending(let event): "\(event)"
            case .line: "line"
            case .invalid(let tag, let error): "invalid \(tag ?? "*") \(error.kind)"
            case .fatal(let error): "fatal \(error.kind)"
            }
        }
    }

    @Test func tellsIncompleteFromInvalid() {
        var reader = CommandReader(limits: CommandLimits())
        #expect(reader.next() == nil)
        #expect(!reader.hasUnreadInput)
        reader.receive(ByteBuffer(string: "a NOO"))
        #expect(reader.next() == nil)
        #expect(reader.hasUnreadInput)
        reader.receive(ByteBuffer(string: "P\r\nb NOOP\nc NOOP\r\nx"))
        #expect(drain(&reader) == [.command(tag: "a", .noop), Self.noop, .command(tag: "c", .noop)])
        #expect(reader.hasUnreadInput)
        reader.discardInput()
        #expect(!reader.hasUnreadInput)
        reader.receive(ByteBuffer(string: "b NOOP\r\n"))
        #expect(drain(&reader) == [Self.noop])
        #expect(!reader.hasUnreadInput)
    }

    @Test func synchronizingLiterals() {
        var reader = CommandReader(limits: CommandLimits())
        reader.receive(ByteBuffer(string: "a LOGIN {5}\r\n"))
        #expect(drain(&reader) == [.sendContinuation])
        reader.receive(ByteBuffer(string: "alice {0}\r\n"))
        #expect(drain(&reader) == [.sendContinuation])
        reader.receive(ByteBuffer(string: "\r\nb NOOP\r\n"))
        #expect(drain(&reader) == [.command(tag: "a", .login(user: "alice", password: [])), Self.noop])
    }

    /// A client that gets BAD or NO for a synchronizing literal does not send it.
    private static let goesOnCases: [(String, String)] = [
        ("a FOO {5}\r\nb NOOP\r\n", "invalid a unknownCommand"), ("a SELECT x {5}\r\nb NOOP\r\n", "invalid a syntax"),
        ("a NOOP {5}\r\nb NOOP\r\n", "invalid a syntax"), ("a LOGIN {65536}\r\nb NOOP\r\n", "invalid a overLimit"),
        ("a LOGIN {99999999999999999999999}\r\nb NOOP\r\n", "invalid a syntax"),
        ("+ {5}\r\nb NOOP\r\n", "invalid * syntax"),
        ("a FOO {5+}\r\n{1+}\r x {1+}\r\n\nxyz\r\nb NOOP\r\n", "invalid a unknownCommand"),
        ("a FOO {6+}\r\nx {9+}{2+}\r\nab {1}\r\nb NOOP\r\n", "invalid a unknownCommand"),
        ("a LOGIN {100000+}\r\n\(String(repeating: "\n", count: 100_000)) x\r\nb NOOP\r\n", "invalid a overLimit"),
        ("a NOOP \(String(repeating: "x", count: 70_000)) {2+}\r\n\n\n\r\nb NOOP\r\n", "invalid a overLimit"),
        ("\(String(repeating: "x", count: 1_000_000))\r\nb NOOP\r\n", "invalid * overLimit"),
    ]

    @Test(arguments: GrammarReaderTests.goesOnCases)
    func goesOn(_ text: String, _ kind: String) {
        let octets = bytes(text)
        for size in [1, 7, 1000, .max] where size > 1 || octets.count < 200 {
            #expect(kinds(read(octets, pieces: size)) == [kind, "command b"])
        }
    }

    @Test func literalsBeforeLogin() {
        #expect(kinds(read("a LOGIN {4096}\r\n", loggedIn: false)) == ["+"])
        #expect(kinds(read("a LOGIN {4097}\r\nb NOOP\r\n", loggedIn: false)) == ["invalid a overLimit", "command b"])
        #expect(kinds(read("a LOGIN {4294967295+}\r\nb NOOP\r\n", loggedIn: false)) == ["invalid a overLimit", "fatal overLimit"])
        #expect(kinds(read("a NOOP \(String(repeating: "x", count: 50_000))\r\nb NOOP\r\n", loggedIn: false)) == ["invalid a overLimit", "command b"])
        #expect(
            kinds(read("a LOGIN " + String(repeating: "{0+}\r\n", count: 257) + "\r\nb NOOP\r\n", loggedIn: false)).first?.hasPrefix("invalid a") == true)
    }

    @Test func manyLiterals() {
        let list = { (count: Int) in "a LIST \"\" (" + Array(repeating: "{1+}\r\nx", count: count).joined(separator: " ") + ")\r\nb NOOP\r\n" }
        #expect(kinds(read(list(256))) == ["command a", "command b"])
        #expect(kinds(read(list(257))) == ["invalid a overLimit", "command b"])
    }

    @Test func metadataMayBeLarge() {
        let value = String(repeating: "x", count: 1_000_000)
        #expect(read("a SETMETADATA x (/private/a {1000000+}\r\n\(value))\r\n")
            == [.command(tag: "a", .setMetadata(mailbox: "x", entries: [.init(name: "/private/a", value: bytes(value))]))])
        #expect(kinds(read("a SETMETADATA x (/private/a {1500000+}\r\n")) == ["invalid a overLimit"])
        #expect(kinds(read("a SETMETADATA x (/private/a {1000000+}\r\n", loggedIn: false)) == ["invalid a overLimit"])
    }

    @Test func rawLines() {
        var reader = CommandReader(limits: CommandLimits())
        reader.receive(ByteBuffer(string: "a IDLE\r\nDONE {5+}\r\nb NOOP\r\n"))
        #expect(reader.next() == .command(tag: "a", .idle))
        reader.beginRawLine()
        #expect(drain(&reader) == [.line(ByteBuffer(string: "DONE {5+}")), Self.noop])
        reader.beginRawLine()
        reader.receive(ByteBuffer(string: "\r\n"))
        #expect(drain(&reader) == [.line(ByteBuffer())])
        reader.beginRawLine()
        for _ in 0..<1000 { reader.receive(ByteBuffer(repeating: 0x41, count: 1000)) }
        #expect(kinds(drain(&reader)) == ["invalid * overLimit"])
        reader.receive(ByteBuffer(string: "A {9+}\r\nb NOOP\r\n"))
        #expect(drain(&reader) == [Self.noop])
    }

    /// An endless line, and an endless literal, cost no more memory than what came last.
    @Test func memoryIsBounded() {
        var reader = CommandReader(limits: CommandLimits())
        reader.isLoggedIn = true
        for head in ["a NOOP ", "a FOO {900000000+}\r\n", "a APPEND x (\\Foo) {900000000+}\r\n", "a LOGIN \""] {
            reader.discardInput()
            reader.receive(ByteBuffer(string: head))
            var count = 0
            for _ in 0..<1000 {
                count += drain(&reader).count
                reader.receive(ByteBuffer(repeating: 0x61, count: 10_000))
                #expect(reader.input.readableBytes <= 64 * 1024 + 10_000)
            }
            #expect(count <= 2)
        }
    }
}
