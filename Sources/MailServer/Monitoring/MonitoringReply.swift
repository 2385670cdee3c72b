internal import NIOCore

/// A page, or why there is none.
struct MonitoringReply: Sendable {
    var status: (code: Int, reason: String) = (200, "OK")
    var contentType = "text/plain; charset=utf-8"
    /// A further header field, with its line end.
    var field = ""
    var body: String

    /// - Parameter isHead: without the body, but with its length (RFC 9110 section 9.3.2).
    func bytes(isHead: Bool) -> ByteBuffer {
        var buffer = ByteBuffer(
            string: "HTTP/1.1 \(status.code) \(status.reason)\r\nContent-Type: \(contentType)\r\n"
                + "Content-Length: \(body.utf8.count)\r\nCache-Control: no-store\r\n"
                + "\(field)Connection: close\r\n\r\n")
        if !isHead { buffer.writeString(body) }
        return buffer
    }

    static let notFound = MonitoringReply(
        status: (404, "Not Found"), body: "there are /metrics, /health and /ready\n")
    static let badRequest = MonitoringReply(status: (400, "Bad Request"), body: "")
    static let otherMethod = MonitoringReply(status: (405, "Method Not Allowed"), field: "Allow: GET, HEAD\r\n", body: "")
    static let tooLong = MonitoringReply(
        status: (431, "Request Header Fields Too Large"), body: "")
}
