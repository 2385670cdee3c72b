internal import NIOCore

/// One command: its keyword, the states in which it is valid and what it does.
struct Command: Sendable {
    typealias Run = @Sendable (inout POP3Session, Arguments, inout ByteBuffer) throws(ArgumentError) ->
        POP3Action?

    let code: UInt32
    let phases: UInt8
    let run: Run

    init(_ keyword: StaticString, _ phases: POP3Session.Phase..., run: @escaping Run) {
        code = CommandTable.code(
            UnsafeRawBufferPointer(start: keyword.utf8Start, count: keyword.utf8CodeUnitCount))
        self.phases = phases.reduce(0) { $0 | $1.rawValue }
        self.run = run
    }
}

enum CommandTable {
    static let commands: [Command] = [
        Command("RETR", .transaction) { (s, a, r) throws(ArgumentError) in try s.retr(a, &r) },
        Command("TOP", .transaction) { (s, a, r) throws(ArgumentError) in try s.top(a, &r) },
        Command("DELE", .transaction) { (s, a, r) throws(ArgumentError) in try s.dele(a, &r) },
        Command("LIST", .transaction) { (s, a, r) throws(ArgumentError) in try s.list(a, &r) },
        Command("UIDL", .transaction) { (s, a, r) throws(ArgumentError) in try s.uidl(a, &r) },
        Command("STAT", .transaction) { (s, a, r) throws(ArgumentError) in try s.stat(a, &r) },
        Command("NOOP", .transaction) { (s, a, r) throws(ArgumentError) in try s.noop(a, &r) },
        Command("RSET", .transaction) { (s, a, r) throws(ArgumentError) in try s.rset(a, &r) },
        Command("QUIT", .authorization, .transaction) { (s, a, r) throws(ArgumentError) in
            try s.quit(a, &r)
        },
        Command("CAPA", .authorization, .transaction) { (s, a, r) throws(ArgumentError) in
            try s.capa(a, &r)
        },
        Command("LANG", .authorization, .transaction) { (s, a, r) throws(ArgumentError) in
            try s.lang(a, &r)
        },
        Command("USER", .authorization) { (s, a, r) throws(ArgumentError) in try s.user(a, &r) },
        Command("PASS", .authorization) { (s, a, r) throws(ArgumentError) in try s.pass(a, &r) },
        Command("AUTH", .authorization) { (s, a, r) throws(ArgumentError) in try s.auth(a, &r) },
        Command("APOP", .authorization) { (s, a, r) throws(ArgumentError) in try s.apop(a, &r) },
        Command("STLS", .authorization) { (s, a, r) throws(ArgumentError) in try s.stls(a, &r) },
        Command("UTF8", .authorization) { (s, a, r) throws(ArgumentError) in try s.utf8(a, &r) },
    ]

    /// The command of a line, in any case, and what stands behind its keyword.
    static func find(_ line: ByteBuffer) -> (Command, Arguments)? {
        let (code, length) = line.withUnsafeReadableBytes { bytes -> (UInt32, Int) in
            let length = bytes.firstIndex(of: ASCII.space) ?? bytes.count
            return (Self.code(UnsafeRawBufferPointer(rebasing: bytes[..<length])), length)
        }
        guard code != 0, let command = commands.first(where: { $0.code == code }) else { return nil }
        var rest = line
        rest.moveReaderIndex(forwardBy: length)
        return (command, Arguments(rest))
    }

    /// Up to four letters as one number; 0 for what can't be a keyword.
    static func code(_ keyword: UnsafeRawBufferPointer) -> UInt32 {
        guard (3...4).contains(keyword.count) else { return 0 }
        return keyword.reduce(0) { $0 << 8 | UInt32(ASCII.uppercased($1)) }
    }
}
