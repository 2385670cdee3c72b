package import MailModel
package import NIOCore

/// One reply: a code, an enhanced status code (RFC 2034) and lines of text (RFC 5321 section 4.2).
///
/// A fixed reply holds its octets as they go over the wire and costs nothing to make. The text of
/// others is made printable ASCII on the way out, so that nothing in it can end the line.
package struct SMTPReply: Error, Sendable {
    private enum Content: Sendable {
        case wire(StaticString)
        case lines(UInt16, EnhancedStatusCode?, [String])
    }

    /// Longest reply line in octets with its CRLF (RFC 5321 section 4.5.3.1.5).
    static let maximumLineLength = 512

    private let content: Content

    /// A fixed reply: its octets, CRLF included.
    init(wire: StaticString) { content = .wire(wire) }

    package init(_ code: UInt16, _ status: EnhancedStatusCode?, _ lines: String...) {
        content = .lines(code, status, lines)
    }

    /// What the client may know of the error.
    package init(_ error: MailError) {
        content = .lines(error.code, error.status, [error.text])
    }

    package var code: UInt16 {
        switch content {
        case .wire(let octets):
            (0..<3).reduce(0) { $0 * 10 + UInt16(octets.utf8Start[$1] - UInt8(ascii: "0")) }
        case .lines(let code, _, _): code
        }
    }

    package func write(into output: inout ByteBuffer) {
        switch content {
        case .wire(let octets): output.writeStaticString(octets)
        case .lines(let code, let status, let lines):
            let prefix = status.map { "\($0) " } ?? ""
            for (index, line) in lines.enumerated() {
                output.writeString("\(code)")
                output.writeInteger(
                    index == lines.count - 1 ? UInt8(ascii: " ") : UInt8(ascii: "-"))
                output.writeString(prefix)
                let room = Self.maximumLineLength - 6 - prefix.utf8.count
                for byte in line.utf8.prefix(room) {
                    output.writeInteger((0x20...0x7e).contains(byte) ? byte : UInt8(ascii: "?"))
                }
                output.writeStaticString("\r\n")
            }
        }
    }
}

extension SMTPReply: Equatable, CustomStringConvertible {
    /// The octets without the last CRLF.
    package var description: String {
        var buffer = ByteBuffer()
        write(into: &buffer)
        return String(String(buffer: buffer).dropLast())
    }

    package static func == (a: SMTPReply, b: SMTPReply) -> Bool { a.description == b.description }
}
