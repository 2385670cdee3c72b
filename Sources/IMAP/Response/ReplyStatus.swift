#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif
package import NIOCore

/// RFC 9051 section 7.1.
package enum ReplyStatus: Sendable {
    case ok, no, bad, bye, preauth

    fileprivate var name: StaticString {
        switch self {
        case .ok: "OK "
        case .no: "NO "
        case .bad: "BAD "
        case .bye: "BYE "
        case .preauth: "PREAUTH "
        }
    }
}

extension ByteBuffer {
    // response-tagged = tag SP resp-cond-state CRLF
    // resp-text       = ["[" resp-text-code "]" SP] [text]
    /// - Parameters:
    ///   - code: without its brackets, as the grammar has it.
    ///   - text: one line. CR and LF, which would begin a reply of their own, become spaces.
    package mutating func writeTagged(
        _ tag: String, _ status: ReplyStatus, code: String? = nil, _ text: String
    ) {
        writeString(tag)
        writeInteger(UInt8(ascii: " "))
        writeCondition(status, code, text)
    }

    // resp-cond-state = ("OK" / "NO" / "BAD") SP resp-text, and "BYE", "PREAUTH", behind "* "
    package mutating func writeUntagged(
        _ status: ReplyStatus, code: String? = nil, _ text: String
    ) {
        writeStaticString("* ")
        writeCondition(status, code, text)
    }

    // continue-req = "+" SP (resp-text / base64) CRLF
    package mutating func writeContinuation(_ text: String) {
        writeStaticString("+ ")
        writeLine(text)
    }

    /// `* text`: a reply without strings that would need quoting.
    package mutating func writeUntagged(_ text: String) {
        writeStaticString("* ")
        writeLine(text)
    }

    private mutating func writeCondition(_ status: ReplyStatus, _ code: String?, _ text: String) {
        writeStaticString(status.name)
        if let code {
            writeInteger(UInt8(ascii: "["))
            writeText(code)
            writeStaticString("] ")
        }
        writeLine(text)
    }

    private mutating func writeLine(_ text: String) {
        writeText(text)
        writeStaticString("\r\n")
    }

    private mutating func writeText(_ text: String) {
        var text = text
        let isOneLine = text.withUTF8 { octets in
            guard let start = octets.baseAddress else { return true }
            return memchr(start, 0x0d, octets.count) == nil
                && memchr(start, 0x0a, octets.count) == nil
        }
        if isOneLine {
            writeString(text)
        } else {
            writeBytes(text.utf8.map { $0 == 0x0d || $0 == 0x0a ? 0x20 : $0 })
        }
    }
}
