internal import MailModel

/// MAIL and RCPT with their parameters: RFC 5321 section 4.1.2, and SIZE (RFC 1870), BODY
/// (RFC 6152, 3030), SMTPUTF8 (RFC 6531), RET, ENVID, NOTIFY and ORCPT (RFC 3461), AUTH (RFC 4954),
/// HOLDFOR and HOLDUNTIL (RFC 4865), BY (RFC 2852), MT-PRIORITY (RFC 6710), REQUIRETLS (RFC 8689).
extension SMTPCommand {
    // mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF
    // White space after the colon is tolerated: many clients send it.
    static func mail(
        _ cursor: inout ByteCursor, _ options: CommandGrammarOptions
    ) throws(SMTPReply) -> MailCommand {
        cursor.skipSpaces()
        guard cursor.skip(word: "FROM:") else { throw .mailSyntax }
        cursor.skipSpaces()
        let grammar = PathGrammar(
            invalid: .invalidSender, missingBrackets: .missingSenderBrackets,
            allowsBarePaths: options.allowsBarePaths)
        var mail = MailCommand(reversePath: try grammar.reversePath(&cursor))
        var seen = MailParameters()
        while let parameter = try parameter(&cursor, orThrow: .invalidSender) {
            try mailParameter(parameter, &mail, &seen)
        }
        if !mail.smtpUTF8, case .address(let address) = mail.reversePath, address.needsSMTPUTF8 {
            throw .senderNeedsSMTPUTF8
        }
        return mail
    }

    private static func mailParameter(
        _ parameter: Parameter, _ mail: inout MailCommand, _ seen: inout MailParameters
    ) throws(SMTPReply) {
        let value = parameter.value
        if parameter.keyword.equals(word: "SIZE") {
            try seen.once(.size)
            // size-value = 1*20DIGIT: one that no integer holds is surely over the limit.
            guard let value, (1...20).contains(value.count), value.allSatisfy(\.isASCIIDigit)
            else { throw .invalidParameterValue }
            mail.size = number(value) ?? .max
        } else if parameter.keyword.equals(word: "BODY") {
            try seen.once(.body)
            guard let value else { throw .invalidParameterValue }
            if value.equals(word: "7BIT") {
                mail.body = .sevenBit
            } else if value.equals(word: "8BITMIME") {
                mail.body = .eightBitMIME
            } else if value.equals(word: "BINARYMIME") {
                mail.body = .binaryMIME
            } else {
                throw .invalidParameterValue
            }
        } else if parameter.keyword.equals(word: "SMTPUTF8") {
            try seen.once(.smtpUTF8)
            guard value == nil else { throw .invalidParameterValue }
            mail.smtpUTF8 = true
        } else if parameter.keyword.equals(word: "RET") {
            try seen.once(.ret)
            guard let value else { throw .invalidParameterValue }
            if value.equals(word: "FULL") {
                mail.returnContent = .full
            } else if value.equals(word: "HDRS") {
                mail.returnContent = .headers
            } else {
                throw .invalidParameterValue
            }
        } else if parameter.keyword.equals(word: "ENVID") {
            try seen.once(.envelopeID)
            guard let value, let text = XText.decode(value), (1...100).contains(text.utf8.count)
            else { throw .invalidParameterValue }
            mail.envelopeID = text
        } else if parameter.keyword.equals(word: "AUTH") {
            try seen.once(.auth)
            guard let value else { throw .invalidParameterValue }
            mail.submitter = try submitter(value)
        } else {
            try deliveryParameter(parameter, &mail, &seen)
        }
    }

    // AUTH= value: xtext of a Mailbox, or "<>"                     (RFC 4954 section 5)
    private static func submitter(_ value: UnsafeRawBufferPointer) throws(SMTPReply) -> Submitter {
        guard let text = XText.decode(value), !text.isEmpty else { throw .invalidParameterValue }
        if text == "<>" { return .unknown }
        guard let address = EmailAddress(text) else { throw .invalidParameterValue }
        return .address(address)
    }

    // rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path )
    //        [SP Rcpt-parameters] CRLF
    static func rcpt(
        _ cursor: inout ByteCursor, _ options: CommandGrammarOptions
    ) throws(SMTPReply) -> RecipientCommand {
        cursor.skipSpaces()
        guard cursor.skip(word: "TO:") else { throw .rcptSyntax }
        cursor.skipSpaces()
        let grammar = PathGrammar(
            invalid: .invalidRecipient, missingBrackets: .missingRecipientBrackets,
            allowsBarePaths: options.allowsBarePaths)
        var recipient = RecipientCommand(path: try grammar.forwardPath(&cursor))
        while let parameter = try parameter(&cursor, orThrow: .invalidRecipient) {
            if parameter.keyword.equals(word: "NOTIFY") {
                guard recipient.notify == nil else { throw .duplicateParameter }
                guard let value = parameter.value else { throw .invalidParameterValue }
                recipient.notify = try notify(value)
            } else if parameter.keyword.equals(word: "ORCPT") {
                guard recipient.originalRecipient == nil else { throw .duplicateParameter }
                guard let value = parameter.value else { throw .invalidParameterValue }
                recipient.originalRecipient = try originalRecipient(value)
            } else {
                throw .unknownParameter
            }
        }
        if !options.smtpUTF8, case .address(let address) = recipient.path, address.needsSMTPUTF8 {
            throw .recipientNeedsSMTPUTF8
        }
        return recipient
    }

    // notify-esmtp-value  = "NEVER" / ( notify-list-element *( "," notify-list-element ) )
    // notify-list-element = "SUCCESS" / "FAILURE" / "DELAY"        (RFC 3461 section 4.1)
    private static func notify(
        _ value: UnsafeRawBufferPointer
    ) throws(SMTPReply) -> DeliveryNotify {
        if value.equals(word: "NEVER") { return .never }
        var result: DeliveryNotify = []
        for part in value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let word = UnsafeRawBufferPointer(rebasing: part)
            if word.equals(word: "SUCCESS") {
                result.insert(.success)
            } else if word.equals(word: "FAILURE") {
                result.insert(.failure)
            } else if word.equals(word: "DELAY") {
                result.insert(.delay)
            } else {
                throw .invalidParameterValue
            }
        }
        return result
    }

    // original-recipient-address = addr-type ";" xtext, at most 500 octets (RFC 3461 section 4.2)
    private static func originalRecipient(
        _ value: UnsafeRawBufferPointer
    ) throws(SMTPReply) -> OriginalRecipient {
        guard value.count <= 500, let semicolon = value.firstIndex(of: UInt8(ascii: ";")),
            semicolon > 0
        else { throw .invalidParameterValue }
        let type = UnsafeRawBufferPointer(rebasing: value[..<semicolon])
        let address = UnsafeRawBufferPointer(rebasing: value[(semicolon + 1)...])
        guard type.allSatisfy({ $0.isASCIILetterOrDigit || $0 == UInt8(ascii: "-") }),
            let text = XText.decode(address), !text.isEmpty
        else { throw .invalidParameterValue }
        return OriginalRecipient(
            addressType: String(decoding: type, as: UTF8.self), address: text)
    }
}

/// The parameters of one MAIL.
struct MailParameters: OptionSet {
    let rawValue: UInt16
    static let size = MailParameters(rawValue: 1)
    static let body = MailParameters(rawValue: 2)
    static let smtpUTF8 = MailParameters(rawValue: 4)
    static let ret = MailParameters(rawValue: 8)
    static let envelopeID = MailParameters(rawValue: 16)
    static let auth = MailParameters(rawValue: 32)
    static let hold = MailParameters(rawValue: 64)
    static let deliverBy = MailParameters(rawValue: 128)
    static let priority = MailParameters(rawValue: 256)
    static let requiresTLS = MailParameters(rawValue: 512)

    mutating func once(_ name: MailParameters) throws(SMTPReply) {
        guard insert(name).inserted else { throw .duplicateParameter }
    }
}

/// One `keyword=value` behind a path.
struct Parameter {
    let keyword: UnsafeRawBufferPointer
    let value: UnsafeRawBufferPointer?
}

extension SMTPCommand {
    // esmtp-param   = esmtp-keyword ["=" esmtp-value]
    // esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
    // esmtp-value   = 1*(%d33-60 / %d62-126 / UTF8-non-ascii)
    // Nil at the end of the line; `junk` when something other than a space follows the path.
    private static func parameter(
        _ cursor: inout ByteCursor, orThrow junk: SMTPReply
    ) throws(SMTPReply) -> Parameter? {
        guard !cursor.isAtEnd else { return nil }
        guard cursor.skip(UInt8(ascii: " ")) else { throw junk }
        cursor.skipSpaces()
        guard !cursor.isAtEnd else { return nil }
        let keyword = cursor.take { $0.isASCIILetterOrDigit || $0 == UInt8(ascii: "-") }
        guard let first = keyword.first, first != UInt8(ascii: "-") else {
            throw .invalidParameter
        }
        guard cursor.skip(UInt8(ascii: "=")) else {
            guard cursor.isAtEnd || cursor.peek == UInt8(ascii: " ") else {
                throw .invalidParameter
            }
            return Parameter(keyword: keyword, value: nil)
        }
        let value = cursor.take { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "=") }
        guard !value.isEmpty, cursor.isAtEnd || cursor.peek == UInt8(ascii: " ") else {
            throw .invalidParameterValue
        }
        return Parameter(keyword: keyword, value: value)
    }
}
