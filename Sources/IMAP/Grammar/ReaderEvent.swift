package import NIOCore

/// What the command reader found in the octets that have come.
package enum ReaderEvent: Sendable, Equatable {
    /// A whole command.
    case command(tag: String, IMAPCommand)
    /// A synchronizing literal other than a message of APPEND or REPLACE was announced and is within
    /// the limits: send "+ OK".
    case sendContinuation
    /// The start of APPEND or REPLACE up to the first message.
    case append(tag: String, AppendStart)
    /// What belongs to the APPEND or REPLACE that was begun.
    case appending(AppendEvent)
    /// A line in raw mode: the answer to a SASL challenge, or what ends IDLE. Without its CRLF.
    case line(ByteBuffer)
    /// A command that can't be executed: answer with BAD (or what its kind says), and go on. In raw
    /// mode, without a tag: the line was too long. Whatever belonged to it is skipped by the reader.
    case invalid(tag: String?, SyntaxError)
    /// The client can't be understood any more: say BYE and close.
    case fatal(SyntaxError)
}

/// Why a command was not understood; `text` is for the client.
package struct SyntaxError: Error, Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case syntax
        /// The command's name is not known in this server.
        case unknownCommand
        /// A limit of commands was met, in length or in what they are made of.
        case overLimit
        /// A message is too large: NO [TOOBIG] (RFC 4469 section 4.2, RFC 7889 section 5).
        case tooBig
        /// RFC 3501 section 6.4.4: charset not known.
        case badCharset
        /// RFC 9051 section 6.4.4: $ where nothing can be saved and the like.
        case clientBug
        /// CREATE with a use that is not known: NO [USEATTR] (RFC 6154 section 3).
        case badUse
        /// NOTIFY with an event that is not known: NO [BADEVENT] (RFC 5465 section 5).
        case badEvent
    }

    package var kind: Kind
    package var text: String

    package init(_ kind: Kind = .syntax, _ text: String) {
        self.kind = kind
        self.text = text
    }
}

/// APPEND (RFC 9051 section 6.3.12, RFC 3502), or REPLACE (RFC 8508).
package struct AppendStart: Sendable, Equatable {
    package var mailbox: String
    /// REPLACE: the message (a sequence number, or a UID) that goes.
    package var replacing: SequenceSet?
    package var isUID: Bool

    package init(mailbox: String, replacing: SequenceSet? = nil, isUID: Bool = false) {
        self.mailbox = mailbox
        self.replacing = replacing
        self.isUID = isUID
    }
}

/// One message of an APPEND.
package struct AppendOptions: Sendable, Equatable {
    package var flags: FlagList
    /// Milliseconds since 1970 (RFC 9051: date-time).
    package var internalDate: Int64?

    package init(flags: FlagList = FlagList(), internalDate: Int64? = nil) {
        self.flags = flags
        self.internalDate = internalDate
    }
}

/// The course of an APPEND: `.append`, then for each message `.message`, its parts, `.messageEnd`,
/// and `.finished` at the command's end. `reader.refuseAppend()` at any time makes the reader skip the
/// rest (a synchronizing literal that has not been continued never comes) without further events but
/// `.abandoned`, after which the command is to be answered.
package enum AppendEvent: Sendable, Equatable {
    /// A message begins. `size` is that of the literal; nil with CATENATE.
    case message(AppendOptions, size: UInt64?)
    /// A literal was announced: octets of the message (or of a CATENATE TEXT part) follow. When
    /// `isSynchronizing`, send "+ OK" or call `refuseAppend()`.
    case literal(size: UInt64, isSynchronizing: Bool, isBinary: Bool)
    case data(ByteBuffer)
    /// CATENATE: an IMAP URL of something stored here (RFC 4469).
    case url(String)
    case messageEnd
    case finished
    case abandoned
    /// The rest of the command was not understood: nothing is to be stored.
    case failed(SyntaxError)
}
