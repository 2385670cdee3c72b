internal import MailModel

/// Writes octets as base 64 in lines of 76 (RFC 2045 section 6.8) as they come.
struct Base64LineEncoder: Sendable {
    /// Octets of a line.
    private static let lineOctets = 57

    private var held: [UInt8] = []
    private var hasLine = false

    mutating func encode(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        held.append(contentsOf: bytes)
        var start = 0
        while held.count - start > Self.lineOctets {
            writeLine(Array(held[start..<start + Self.lineOctets]), &output)
            start += Self.lineOctets
        }
        held.removeFirst(start)
    }

    /// The last line has no end: what follows the part's content has one.
    mutating func finish(into output: inout [UInt8]) {
        if !held.isEmpty { writeLine(held, &output) }
        held = []
    }

    private mutating func writeLine(_ octets: [UInt8], _ output: inout [UInt8]) {
        if hasLine { output += [Octet.cr, Octet.lf] }
        hasLine = true
        output += Base64.encode(octets).utf8
    }
}
