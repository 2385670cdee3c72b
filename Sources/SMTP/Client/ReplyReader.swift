internal import MailModel
internal import NIOCore

/// Takes replies out of the octets of a peer, which may be anything.
///
/// ```
/// Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
/// Reply-code = %x32-35 %x30-35 %x30-39
/// ```
/// (RFC 5321 section 4.2). A bare LF ends a line as well. Where the codes of a reply's lines
/// differ, the last one counts. Anything else that is no reply can't be skipped: with pipelined
/// commands, all that follows would be taken for the reply to another one.
///
/// A refusal whose text has no end is a refusal all the same: its code stands in each line. It counts
/// as far as it was read, within the limits here, and nothing can be read behind it.
struct ReplyReader {
    enum Event: Equatable {
        case reply(ServerReply)
        case needsMore
        /// 4xx or 5xx, longer than a reply may be: cut, and the last one.
        case cut(ServerReply)
        /// Why the octets are no reply.
        case malformed(String)
    }

    /// Octets of a line, eight times what RFC 5321 section 4.5.3.1.5 allows.
    static let maximumLineLength = 4096
    static let maximumLines = 500
    /// Octets of a whole reply.
    static let maximumLength = 64 << 10

    private struct Line {
        var code: UInt16
        var status: EnhancedStatusCode?
        var text: String
        var isLast: Bool
    }

    private var lines: [String] = []
    private var status: EnhancedStatusCode?
    private var length = 0
    /// Of the lines so far, while they agree.
    private var code: UInt16?

    mutating func next(_ input: inout ByteBuffer) -> Event {
        while true {
            let end = input.withUnsafeReadableBytes {
                $0.index(of: Octet.lf, from: 0, to: $0.count)
            }
            guard (end ?? input.readableBytes) < Self.maximumLineLength else {
                return overlong(
                    input.withUnsafeReadableBytes { Self.line(.init(rebasing: $0.prefix(Self.maximumLineLength))) })
            }
            guard let end else { return .needsMore }
            let line = input.withUnsafeReadableBytes { bytes in
                let hasReturn = end > 0 && bytes[end - 1] == Octet.cr
                return Self.line(
                    UnsafeRawBufferPointer(rebasing: bytes[..<(hasReturn ? end - 1 : end)]))
            }
            input.moveReaderIndex(forwardBy: end + 1)
            guard let line else { return .malformed("not a reply") }
            length += end + 1
            guard lines.count < Self.maximumLines, length <= Self.maximumLength else {
                return overlong(line)
            }
            add(line)
            guard line.isLast else { continue }
            let reply = reply(line.code)
            self = ReplyReader()
            return .reply(reply)
        }
    }

    /// Nothing of a reply has been read.
    var isEmpty: Bool { lines.isEmpty }

    private mutating func add(_ line: Line) {
        code = lines.isEmpty || code == line.code ? line.code : nil
        lines.append(line.text)
        status = status ?? line.status
    }

    /// - Parameter line: the first one beyond the limits.
    private mutating func overlong(_ line: Line?) -> Event {
        if let line { add(line) }
        guard line != nil, let code, code >= 400 else { return .malformed("a reply is too long") }
        return .cut(reply(code))
    }

    private func reply(_ code: UInt16) -> ServerReply {
        let agrees = status.map { UInt16($0.statusClass) == code / 100 } ?? false
        return ServerReply(code: code, status: agrees ? status : nil, lines: lines)
    }

    private static func line(_ bytes: UnsafeRawBufferPointer) -> Line? {
        guard bytes.count >= 3, bytes[..<3].allSatisfy(\.isASCIIDigit) else { return nil }
        let code = bytes[..<3].reduce(0) { $0 * 10 + UInt16($1 - UInt8(ascii: "0")) }
        guard (200..<600).contains(code) else { return nil }
        guard bytes.count > 3 else { return Line(code: code, text: "", isLast: true) }
        guard bytes[3] == UInt8(ascii: " ") || bytes[3] == UInt8(ascii: "-") else { return nil }
        var text = UnsafeRawBufferPointer(rebasing: bytes[4...])
        let status = enhancedStatus(&text, class: UInt8(code / 100))
        return Line(
            code: code, status: status, text: printable(text),
            isLast: bytes[3] == UInt8(ascii: " "))
    }

    /// The code at the start of the text, which is removed (RFC 2034 section 4).
    private static func enhancedStatus(
        _ text: inout UnsafeRawBufferPointer, class statusClass: UInt8
    ) -> EnhancedStatusCode? {
        guard text.count >= 5, text[0] == statusClass + UInt8(ascii: "0"),
            text[1] == UInt8(ascii: ".")
        else { return nil }
        // status-code = class "." 1*3digit "." 1*3digit
        let word = text.prefix(10).prefix { $0 != UInt8(ascii: " ") }
        guard word.allSatisfy({ $0.isASCIIDigit || $0 == UInt8(ascii: ".") }),
            let status = EnhancedStatusCode(String(decoding: word, as: UTF8.self))
        else { return nil }
        text = UnsafeRawBufferPointer(rebasing: text[min(word.count + 1, text.count)...])
        return status
    }

    private static func printable(_ text: UnsafeRawBufferPointer) -> String {
        guard text.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
            return String(decoding: text, as: UTF8.self)
        }
        return String(
            decoding: text.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "?") : $0 },
            as: UTF8.self)
    }
}
