import NIOCore
import TestSupport
import Testing

/// One client's side of a session.
struct Client {
    /// A command's replies.
    struct Reply {
        /// Whole lines with their literals, without "* ".
        var untagged: [String] = []
        /// Without the tag.
        var tagged = ""

        /// The untagged replies that begin with this, or a number and this.
        func all(_ name: String) -> [String] {
            untagged.filter { line in
                line.hasPrefix(name)
                    || line.drop { $0.isNumber }.hasPrefix(" " + name) && line.first?.isNumber == true
            }
        }

        func has(_ line: String) -> Bool { untagged.contains(line) }
    }

    /// Which session \Recent falls to has a test of its own; elsewhere it is left out.
    var showsRecent = false
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var received = ByteBuffer()
    private var number = 0

    init(
        inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.inbound = inbound
        self.outbound = outbound
    }

    func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }

    /// Sends a command without waiting for its reply.
    /// - Returns: its tag.
    mutating func begin(_ command: String) async throws -> String {
        number += 1
        try await send("t\(number) \(command)\r\n")
        return "t\(number)"
    }

    mutating func say(_ command: String) async throws -> Reply {
        let tag = try await begin(command)
        return try await reply(tag)
    }

    mutating func reply(_ tag: String) async throws -> Reply {
        var reply = Reply()
        while let line = try await line() {
            if line.hasPrefix(tag + " ") {
                reply.tagged = String(line.dropFirst(tag.count + 1))
                return reply
            }
            reply.untagged.append(line.hasPrefix("* ") ? String(line.dropFirst(2)) : line)
        }
        throw TestFailure("closed, after \(reply.untagged)")
    }

    @discardableResult
    mutating func expect(
        _ command: String, _ tagged: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Reply {
        let reply = try await say(command)
        #expect(
            reply.tagged.hasPrefix(tagged), "\(command): \(reply.tagged)",
            sourceLocation: sourceLocation)
        return reply
    }

    @discardableResult
    mutating func ok(
        _ command: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Reply {
        try await expect(command, "OK", sourceLocation: sourceLocation)
    }

    /// Appends a message of these octets.
    mutating func append(
        _ mailbox: String = "INBOX", _ text: String = "Subject: x\r\n\r\nbody\r\n", flags: String = "()"
    ) async throws {
        try await ok("APPEND \(mailbox) \(flags) {\(text.utf8.count)+}\r\n\(text)")
    }

    /// The next line with the literals in it, without its CRLF; nil at the connection's end.
    mutating func line() async throws -> String? {
        while let line = try await nextLine() {
            if showsRecent { return line }
            if line.hasPrefix("* "), line.hasSuffix(" RECENT") { continue }
            return line.contains("FETCH (")
                ? line.replacing(" \\Recent", with: "").replacing("(\\Recent", with: "(")
                    .replacing("( ", with: "(") : line
        }
        return nil
    }

    private mutating func nextLine() async throws -> String? {
        var text = ""
        while true {
            guard let end = received.readableBytesView.firstIndex(of: 0x0a) else {
                guard try await readMore() else { return nil }
                continue
            }
            let count = end - received.readerIndex + 1
            text += received.readString(length: count)!.dropLast()
            guard let size = Self.literalSize(text) else { return text }
            while received.readableBytes < size { guard try await readMore() else { return nil } }
            text += "\r\n" + received.readString(length: size)!
        }
    }

    private static func literalSize(_ line: String) -> Int? {
        guard line.hasSuffix("}"), let open = line.lastIndex(of: "{") else { return nil }
        return Int(line[line.index(after: open)...].dropLast())
    }

    private mutating func readMore() async throws -> Bool {
        guard let bytes = try await inbound.next(isolation: #isolation) else { return false }
        received.writeImmutableBuffer(bytes)
        return true
    }
}
