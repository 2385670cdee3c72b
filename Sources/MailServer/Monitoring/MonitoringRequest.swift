internal import NIOCore

/// The head of an HTTP/1.x request (RFC 9112), as much of it as three pages need.
enum MonitoringRequest: Equatable {
    /// Octets of a head.
    static let maximumLength = 8192

    case get(path: String, isHead: Bool)
    /// More octets are needed.
    case incomplete
    case tooLong
    case otherMethod
    case malformed

    /// ```
    /// request-line = method SP request-target SP "HTTP/1." DIGIT
    /// ```
    init(_ octets: ByteBuffer) {
        let bytes = octets.readableBytesView
        guard Self.isWhole(bytes.prefix(Self.maximumLength)) else {
            self = bytes.count >= Self.maximumLength ? .tooLong : .incomplete
            return
        }
        let line = bytes.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard words.count == 3, words[2].hasPrefix("HTTP/1."), words[1].hasPrefix("/") else {
            self = .malformed
            return
        }
        guard words[0] == "GET" || words[0] == "HEAD" else {
            self = .otherMethod
            return
        }
        self = .get(path: String(words[1].prefix { $0 != "?" }), isHead: words[0] == "HEAD")
    }

    /// Whether there is an empty line. A bare LF ends a line, too (RFC 9112 section 2.2).
    private static func isWhole(_ head: ByteBufferView.SubSequence) -> Bool {
        var isEmptyLine = false
        for byte in head {
            switch byte {
            case UInt8(ascii: "\n"):
                if isEmptyLine { return true }
                isEmptyLine = true
            case UInt8(ascii: "\r"): break
            default: isEmptyLine = false
            }
        }
        return false
    }
}
