package import MailModel

/// A reply of the peer (RFC 5321 section 4.2). What it says is anything at all; here it is text
/// without control characters, of bounded length.
package struct ServerReply: Sendable, Equatable {
    /// 200 to 599.
    package var code: UInt16
    /// The peer's own (RFC 2034) where it has one that agrees with the code; else X.0.0.
    package var status: EnhancedStatusCode
    /// Without codes, at least one.
    package var lines: [String]

    /// Octets of `text`.
    package static let maximumTextLength = 400

    package init(code: UInt16, status: EnhancedStatusCode? = nil, lines: [String]) {
        self.code = code
        self.status = status ?? EnhancedStatusCode(UInt8(code / 100), 0, 0)
        self.lines = lines
    }

    package var isPositive: Bool { code < 300 }
    package var isIntermediate: Bool { code / 100 == 3 }
    package var isTemporary: Bool { code / 100 == 4 }
    package var isPermanent: Bool { code / 100 == 5 }

    /// The service is not available and the connection ends (RFC 5321 section 3.8).
    package var endsConnection: Bool { code == 421 }

    /// All lines in one, printable ASCII.
    package var text: String {
        let octets = lines.joined(separator: " ").utf8.prefix(Self.maximumTextLength)
        return String(
            decoding: octets.map { (0x20...0x7e).contains($0) ? $0 : UInt8(ascii: "?") },
            as: UTF8.self)
    }

    /// What this reply, which is not positive, means for mail: in the host's own words, once.
    package func error(from host: String, to stage: SMTPClientStage) -> MailError {
        let reply = softened(at: stage)
        let said = reply == self ? "" : "\(code) \(status) "
        return MailError(
            reply.code, reply.status, text, cause: "\(said)in reply to \(stage)", reportedBy: host)
    }

    /// Some permanent replies are none: 552 to RCPT is one recipient too many (RFC 5321 section
    /// 4.5.3.1.10), a greeting with 5xx is a host in trouble unless it is 521 (RFC 7504), and
    /// refused credentials are for an administrator to mend.
    private func softened(at stage: SMTPClientStage) -> ServerReply {
        let isSoft =
            switch stage {
            case .recipient: code == 552
            case .greeting: isPermanent && code != 521
            case .authentication: isPermanent
            default: false
            }
        guard isSoft else { return self }
        var reply = self
        reply.code -= 100
        reply.status = EnhancedStatusCode(4, status.subject, status.detail)
        return reply
    }
}

extension ServerReply: CustomStringConvertible {
    package var description: String { "\(code) \(status) \(text)" }
}
