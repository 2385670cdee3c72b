internal import MailModel

/// What a command line may hold depends on these.
package struct CommandGrammarOptions: Sendable {
    /// The transaction has SMTPUTF8, so RCPT may name an address outside ASCII.
    package var smtpUTF8 = false
    /// `MAIL FROM:user@example.org`, without angle brackets, is accepted too.
    package var allowsBarePaths = false

    package init(smtpUTF8: Bool = false, allowsBarePaths: Bool = false) {
        self.smtpUTF8 = smtpUTF8
        self.allowsBarePaths = allowsBarePaths
    }
}

/// The grammar of commands, RFC 5321 section 4.1. A line that does not match throws the reply that
/// tells the client so. Lines come without their CRLF.
extension SMTPCommand {
    package static func parse(
        _ line: UnsafeRawBufferPointer, _ options: CommandGrammarOptions = .init()
    ) throws(SMTPReply) -> SMTPCommand {
        guard !line.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
            throw .controlCharacter
        }
        var cursor = ByteCursor(line)
        guard let verb = SMTPVerb(&cursor) else { throw .unknownCommand }
        switch verb {
        case .mail: return .mail(try mail(&cursor, options))
        case .rcpt: return .rcpt(try rcpt(&cursor, options))
        case .ehlo: return .ehlo(try clientName(&cursor))
        case .helo: return .helo(try clientName(&cursor))
        case .data: return try alone(.data, &cursor)
        case .rset: return try alone(.rset, &cursor)
        case .quit: return try alone(.quit, &cursor)
        case .startTLS: return try alone(.startTLS, &cursor)
        case .noop: return .noop
        case .help: return .help
        case .bdat: return try bdat(&cursor)
        case .auth: return try auth(&cursor)
        case .vrfy: return .vrfy(try query(&cursor))
        case .expn: return .expn(try query(&cursor))
        case .etrn: return .etrn(try etrn(&cursor))
        case .atrn: return .atrn(try atrn(&cursor))
        case .turn, .send, .soml, .saml: throw .notImplemented
        case .xclient, .xforward, .proxy, .get, .post, .head, .put, .connect, .options:
            throw .foreignProtocol
        }
    }

    // data = "DATA" CRLF, and so on. White space before the CRLF is tolerated
    // (RFC 5321 section 4.1.1), an argument is not.
    private static func alone(
        _ command: SMTPCommand, _ cursor: inout ByteCursor
    ) throws(SMTPReply) -> SMTPCommand {
        cursor.skipSpaces()
        guard cursor.isAtEnd else { throw .unexpectedArgument }
        return command
    }

    // ehlo = "EHLO" SP ( Domain / address-literal ) CRLF
    // Any word of the characters of names and literals will do: clients behind NAT, with
    // underscores or without a dot are common, and the word is used only in the Received line.
    private static func clientName(_ cursor: inout ByteCursor) throws(SMTPReply) -> String {
        cursor.skipSpaces()
        let name = cursor.take { byte in
            switch byte {
            case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"),
                UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: byte.isASCIILetterOrDigit
            }
        }
        cursor.skipSpaces()
        guard !name.isEmpty, name.count <= EmailAddress.maximumDomainLength, cursor.isAtEnd
        else { throw .invalidClientName }
        return String(decoding: name, as: UTF8.self)
    }

    // bdat-cmd   = "BDAT" SP chunk-size [ SP end-marker ] CR LF
    // chunk-size = 1*DIGIT
    // end-marker = "LAST"                                          (RFC 3030 section 2)
    // Without a size that can be read nobody knows how many octets follow; that error is thrown.
    private static func bdat(_ cursor: inout ByteCursor) throws(SMTPReply) -> SMTPCommand {
        cursor.skipSpaces()
        guard let size = number(cursor.take { $0.isASCIIDigit }) else { throw .invalidChunkSize }
        guard cursor.skip(UInt8(ascii: " ")) || cursor.isAtEnd else { throw .invalidChunkSize }
        cursor.skipSpaces()
        let isLast = cursor.skip(word: "LAST")
        cursor.skipSpaces()
        return cursor.isAtEnd ? .bdat(size: size, isLast: isLast) : .malformedChunk(size: size)
    }

    // auth-command     = "AUTH" SP sasl-mech [SP initial-response] CRLF
    // initial-response = base64 / "="
    // sasl-mech        = 1*20mech-char                             (RFC 4954, RFC 4422)
    // mech-char        = %x41-5A / DIGIT / "-" / "_"
    private static func auth(_ cursor: inout ByteCursor) throws(SMTPReply) -> SMTPCommand {
        cursor.skipSpaces()
        let mechanism = cursor.take {
            $0.isASCIILetterOrDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
        guard (1...20).contains(mechanism.count),
            cursor.isAtEnd || cursor.peek == UInt8(ascii: " ")
        else { throw .invalidMechanismName }
        cursor.skipSpaces()
        let response = cursor.take { $0 != UInt8(ascii: " ") }
        cursor.skipSpaces()
        guard cursor.isAtEnd else { throw .unexpectedArgument }
        return .auth(
            mechanism: String(decoding: mechanism, as: UTF8.self).uppercased(),
            initialResponse: response.isEmpty ? nil : String(decoding: response, as: UTF8.self))
    }

    // vrfy = "VRFY" SP String CRLF                ; and "EXPN", both with [ SP "SMTPUTF8" ]
    //                                             (RFC 5321 section 4.1.1.6, RFC 6531 section 3.7.4.2)
    private static func query(_ cursor: inout ByteCursor) throws(SMTPReply) -> String {
        cursor.skipSpaces()
        guard var text = cursor.rest.text else { throw .invalidUTF8 }
        while text.hasSuffix(" ") { text.removeLast() }
        if text.uppercased().hasSuffix(" SMTPUTF8") { text.removeLast(9) }
        guard !text.isEmpty else { throw .missingArgument }
        return text
    }

    /// A number of at most 19 digits; nil when it is empty or does not fit.
    static func number(_ digits: UnsafeRawBufferPointer) -> Int? {
        guard (1...19).contains(digits.count) else { return nil }
        var value = 0
        for digit in digits {
            guard digit.isASCIIDigit else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }
}
