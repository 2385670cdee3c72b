/// What a received message may be.
package struct MessageLimits: Sendable, Equatable {
    /// Octets of the message without dot-stuffing.
    package var maximumSize: Int
    /// Octets of a line of text with its CRLF. RFC 5321 section 4.5.3.1.6 wants 1,000 to be
    /// accepted; real mail has longer ones, so lines up to this pass as they are.
    package var maximumLineLength: Int
    package var bareLineEnds: BareLineEnds

    package init(
        maximumSize: Int = 50 << 20, maximumLineLength: Int = 64 << 10,
        bareLineEnds: BareLineEnds = .reject
    ) {
        self.maximumSize = maximumSize
        self.maximumLineLength = maximumLineLength
        self.bareLineEnds = bareLineEnds
    }
}

/// What to do with a CR or LF of a text message that is no part of a CRLF.
package enum BareLineEnds: Sendable {
    /// Refuse the message once it has been read: 550 5.6.11.
    case reject
    /// Store CRLF for a bare LF and a space for a bare CR. Neither ends the message, and a dot
    /// behind them is a dot.
    case normalise
}

/// Why a message is refused at its end.
package enum MessageDefect: Sendable, Equatable {
    case bareLineEnd
    /// A NUL octet in a text message, under either policy: no mail program writes one.
    case nul
    case lineTooLong
    case tooLarge
    /// The caller's reason.
    case refused(SMTPReply)

    var reply: SMTPReply {
        switch self {
        case .bareLineEnd: .bareLineEndInMessage
        case .nul: .nulInMessage
        case .lineTooLong: .messageLineTooLong
        case .tooLarge: .messageTooLarge
        case .refused(let reply): reply
        }
    }
}
