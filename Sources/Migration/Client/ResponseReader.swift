/// Reads a server's responses from a connection. Bounded: a line, a literal that is not handed on,
/// and the nesting have limits.
struct ResponseReader {
    private static let maximumLiteral = 1 << 20
    private static let maximumLine = 8 << 20
    private static let maximumDepth = 50

    /// Gets the octets of a literal instead of the response's value, in parts.
    typealias LiteralSink = (UnsafeRawBufferPointer) throws(MigrationError) -> Void

    private let socket: ClientSocket
    private var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    private var position = 0
    private var end = 0
    private var consumed = 0

    init(_ socket: ClientSocket) { self.socket = socket }

    /// Whether octets have come that were not asked for: after STARTTLS's answer there must be none.
    var hasUnreadInput: Bool { position < end }

    private mutating func peek() throws(MigrationError) -> UInt8 {
        if position == end {
            var count = 0
            var failure: MigrationError?
            buffer.withUnsafeMutableBytes { space in
                do throws(MigrationError) { count = try socket.read(into: space) } catch { failure = error }
            }
            if let failure { throw failure }
            position = 0
            end = count
        }
        return buffer[position]
    }

    private mutating func next() throws(MigrationError) -> UInt8 {
        let octet = try peek()
        position += 1
        consumed += 1
        guard consumed < Self.maximumLine else { throw MigrationError("the server's response is too long") }
        return octet
    }

    /// - Parameter sink: for literals that belong to BODY[] items.
    mutating func read(sink: LiteralSink? = nil) throws(MigrationError) -> ServerResponse {
        consumed = 0
        let tag = try word()
        var values: [ResponseValue] = []
        while try skipSpaces() {
            if try peek() == UInt8(ascii: "\r") { break }
            if Self.isCondition(values) {
                values.append(try restOfLine())
                break
            }
            if tag == "+" {
                values.append(try restOfLine())
                break
            }
            values.append(try value(depth: 0, sink))
        }
        _ = try next()
        guard try next() == UInt8(ascii: "\n") else { throw MigrationError("the server's line does not end with CRLF") }
        return ServerResponse(tag: tag, values: values)
    }

    private static func isCondition(_ values: [ResponseValue]) -> Bool {
        guard values.count == 1, let name = values[0].text?.uppercased() else { return false }
        return ["OK", "NO", "BAD", "BYE", "PREAUTH"].contains(name)
    }

    /// True: more follows on the line.
    private mutating func skipSpaces() throws(MigrationError) -> Bool {
        while try peek() == UInt8(ascii: " ") { _ = try next() }
        return try peek() != UInt8(ascii: "\r")
    }

    private mutating func word() throws(MigrationError) -> String {
        var octets: [UInt8] = []
        while case let octet = try peek(), octet != UInt8(ascii: " "), octet != UInt8(ascii: "\r") {
            octets.append(try next())
        }
        return String(decoding: octets, as: UTF8.self)
    }

    private mutating func restOfLine() throws(MigrationError) -> ResponseValue {
        var octets: [UInt8] = []
        while try peek() != UInt8(ascii: "\r") { octets.append(try next()) }
        return .atom(String(decoding: octets, as: UTF8.self))
    }

    private mutating func value(depth: Int, _ sink: LiteralSink?) throws(MigrationError) -> ResponseValue {
        guard depth < Self.maximumDepth else { throw MigrationError("the server's response is nested too deeply") }
        switch try peek() {
        case UInt8(ascii: "("):
            _ = try next()
            var items: [ResponseValue] = []
            while true {
                while try peek() == UInt8(ascii: " ") { _ = try next() }
                if try peek() == UInt8(ascii: ")") { break }
                items.append(try value(depth: depth + 1, sink))
            }
            _ = try next()
            return .list(items)
        case UInt8(ascii: "\""): return try quoted()
        case UInt8(ascii: "{"): return try literal(sink)
        default: return try atom()
        }
    }

    private mutating func quoted() throws(MigrationError) -> ResponseValue {
        _ = try next()
        var octets: [UInt8] = []
        while true {
            let octet = try next()
            if octet == UInt8(ascii: "\"") { return .string(octets) }
            octets.append(octet == UInt8(ascii: "\\") ? try next() : octet)
        }
    }

    /// An atom may hold brackets with anything in them: BODY[HEADER.FIELDS ("X")]<0>.
    private mutating func atom() throws(MigrationError) -> ResponseValue {
        var octets: [UInt8] = []
        var brackets = 0
        while true {
            let octet = try peek()
            if octet == UInt8(ascii: "\r") { break }
            if brackets == 0, octet == UInt8(ascii: " ") || octet == UInt8(ascii: ")") || octet == UInt8(ascii: "(") { break }
            if octet == UInt8(ascii: "[") { brackets += 1 }
            if octet == UInt8(ascii: "]") { brackets = max(0, brackets - 1) }
            octets.append(try next())
        }
        guard !octets.isEmpty else { throw MigrationError("the server's response can't be understood") }
        return .atom(String(decoding: octets, as: UTF8.self))
    }

    private mutating func literal(_ sink: LiteralSink?) throws(MigrationError) -> ResponseValue {
        _ = try next()
        var size = 0
        while case let octet = try next(), octet != UInt8(ascii: "}") {
            guard octet >= 0x30, octet <= 0x39, size < 1 << 40 else { throw MigrationError("the server's literal has no size") }
            size = size * 10 + Int(octet - 0x30)
        }
        _ = try next()
        _ = try next()
        var octets: [UInt8] = []
        if sink == nil {
            guard size <= Self.maximumLiteral else { throw MigrationError("the server's literal is too long") }
            // It is kept with its response, as the line is.
            consumed += size
        }
        var left = size
        while left > 0 {
            _ = try peek()
            let count = min(left, end - position)
            if let sink {
                var failure: MigrationError?
                buffer.withUnsafeBytes { bytes in
                    do throws(MigrationError) {
                        try sink(UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
                    } catch { failure = error }
                }
                if let failure { throw failure }
            } else {
                octets += buffer[position..<position + count]
            }
            position += count
            left -= count
        }
        return .string(octets)
    }
}
