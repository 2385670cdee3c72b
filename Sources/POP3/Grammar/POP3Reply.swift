package import NIOCore

/// A response code of a negative reply (RFC 2449 section 8, RFC 3206).
package enum ResponseCode: Sendable {
    case authentication, inUse, temporary, permanent

    var text: StaticString {
        switch self {
        case .authentication: "[AUTH] "
        case .inUse: "[IN-USE] "
        case .temporary: "[SYS/TEMP] "
        case .permanent: "[SYS/PERM] "
        }
    }
}

/// ```
/// response = ("+OK" / "-ERR") [SP "[" resp-code "]"] *(SP text) CRLF       ; at most 512 octets
/// ```
package enum POP3Reply {
    package static func ok(_ text: StaticString, _ replies: inout ByteBuffer) {
        replies.writeStaticString("+OK ")
        replies.writeStaticString(text)
        replies.writeStaticString("\r\n")
    }

    package static func error(_ text: StaticString, _ replies: inout ByteBuffer) {
        replies.writeStaticString("-ERR ")
        replies.writeStaticString(text)
        replies.writeStaticString("\r\n")
    }

    package static func error(
        _ code: ResponseCode, _ text: StaticString, _ replies: inout ByteBuffer
    ) {
        replies.writeStaticString("-ERR ")
        replies.writeStaticString(code.text)
        replies.writeStaticString(text)
        replies.writeStaticString("\r\n")
    }

    /// A server challenge (RFC 5034 section 4).
    package static func challenge(base64: String, _ replies: inout ByteBuffer) {
        replies.writeStaticString("+ ")
        replies.writeString(base64)
        replies.writeStaticString("\r\n")
    }

    /// What a client is told that came when there was no room (RFC 3206 section 4).
    package static let tooBusy: ByteBuffer = {
        var reply = ByteBuffer()
        error(.temporary, "too many connections, try again later", &reply)
        return reply
    }()
}
