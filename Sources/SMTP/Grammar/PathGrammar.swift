internal import MailModel

/// Paths and mailboxes, RFC 5321 section 4.1.2, with the UTF-8 of RFC 6531 section 3.3.
struct PathGrammar {
    /// Thrown for a path that does not match: 5.1.7 for a sender, 5.1.3 for a recipient.
    let invalid: SMTPReply
    let missingBrackets: SMTPReply
    let allowsBarePaths: Bool

    // Reverse-path = Path / "<>"
    func reversePath(_ cursor: inout ByteCursor) throws(SMTPReply) -> ReversePath {
        guard cursor.skip(UInt8(ascii: "<")) else { return .address(try barePath(&cursor)) }
        if cursor.skip(UInt8(ascii: ">")) { return .null }
        return .address(try closedMailbox(&cursor))
    }

    // Forward-path of RCPT = "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path
    func forwardPath(_ cursor: inout ByteCursor) throws(SMTPReply) -> ForwardPath {
        guard cursor.skip(UInt8(ascii: "<")) else {
            if allowsBarePaths, cursor.rest.equals(word: "POSTMASTER") {
                _ = cursor.skip(word: "POSTMASTER")
                return .postmaster
            }
            return .address(try barePath(&cursor))
        }
        if cursor.skip(word: "POSTMASTER>") { return .postmaster }
        return .address(try closedMailbox(&cursor))
    }

    private func barePath(_ cursor: inout ByteCursor) throws(SMTPReply) -> EmailAddress {
        guard allowsBarePaths else { throw missingBrackets }
        return try mailbox(&cursor)
    }

    // Path   = "<" [ A-d-l ":" ] Mailbox ">"        ; the "<" has been read
    // A-d-l  = At-domain *( "," At-domain )
    // At-domain = "@" Domain
    // "MUST accept and SHOULD ignore" source routes (RFC 5321 appendix C).
    private func closedMailbox(_ cursor: inout ByteCursor) throws(SMTPReply) -> EmailAddress {
        if cursor.peek == UInt8(ascii: "@") {
            repeat {
                guard cursor.skip(UInt8(ascii: "@")) else { throw invalid }
                _ = try domain(&cursor)
            } while cursor.skip(UInt8(ascii: ","))
            guard cursor.skip(UInt8(ascii: ":")) else { throw invalid }
        }
        let address = try mailbox(&cursor)
        guard cursor.skip(UInt8(ascii: ">")) else { throw invalid }
        return address
    }

    // Mailbox = Local-part "@" ( Domain / address-literal )
    func mailbox(_ cursor: inout ByteCursor) throws(SMTPReply) -> EmailAddress {
        let localPart = try localPart(&cursor)
        guard cursor.skip(UInt8(ascii: "@")) else { throw invalid }
        return EmailAddress(localPart: localPart, domain: try domain(&cursor))
    }

    // Local-part = Dot-string / Quoted-string
    // Dot-string = Atom *("." Atom)
    // Dots at an end or next to each other are let pass: large providers gave out such addresses.
    private func localPart(_ cursor: inout ByteCursor) throws(SMTPReply) -> String {
        if cursor.skip(UInt8(ascii: "\"")) { return try quotedString(&cursor) }
        let text = cursor.take { EmailAddress.isAtomByte($0) || $0 == UInt8(ascii: ".") }
        guard !text.isEmpty, text.count <= EmailAddress.maximumLocalPartLength else {
            throw invalid
        }
        guard let string = text.text else { throw .invalidUTF8 }
        return string
    }

    // Quoted-string  = DQUOTE *QcontentSMTP DQUOTE    ; the first DQUOTE has been read
    // QcontentSMTP   = qtextSMTP / quoted-pairSMTP
    // quoted-pairSMTP= %d92 %d32-126
    // qtextSMTP      = %d32-33 / %d35-91 / %d93-126 / UTF8-non-ascii
    private func quotedString(_ cursor: inout ByteCursor) throws(SMTPReply) -> String {
        var plain: [UInt8] = []
        while let byte = cursor.next() {
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: plain, as: UTF8.self) else {
                    throw .invalidUTF8
                }
                guard plain.count <= EmailAddress.maximumLocalPartLength else { throw invalid }
                return text
            case UInt8(ascii: "\\"):
                guard let escaped = cursor.next(), escaped < 0x80 else { throw invalid }
                plain.append(escaped)
            default: plain.append(byte)
            }
        }
        throw invalid
    }

    // Domain     = sub-domain *("." sub-domain)
    // sub-domain = (Let-dig / U-label) [Ldh-str]      ; underscores as well: real hosts have them
    func domain(_ cursor: inout ByteCursor) throws(SMTPReply) -> String {
        if cursor.peek == UInt8(ascii: "[") { return try addressLiteral(&cursor) }
        let start = cursor.position
        repeat {
            let label = cursor.take {
                $0.isASCIILetterOrDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                    || $0 >= 0x80
            }
            guard Self.hasLabelLength(label), label.first != UInt8(ascii: "-"),
                label.last != UInt8(ascii: "-")
            else { throw invalid }
        } while cursor.skip(UInt8(ascii: "."))
        let name = cursor.taken(from: start)
        guard name.count <= EmailAddress.maximumDomainLength else { throw invalid }
        guard let text = name.text else { throw .invalidUTF8 }
        return text
    }

    /// At most 63 octets (RFC 1035 section 2.3.4), which for a U-label are those of its A-label: that
    /// is not for a grammar to know.
    private static func hasLabelLength(_ label: UnsafeRawBufferPointer) -> Bool {
        (1...63).contains(label.count) || label.contains { $0 >= 0x80 }
    }

    // address-literal = "[" ( IPv4-address-literal / IPv6-address-literal ) "]"
    // No General-address-literal: "IPv6" is the only tag that there is (IANA, Address Literal Tags), and
    // a bare IPv6 address reads like another one.
    private func addressLiteral(_ cursor: inout ByteCursor) throws(SMTPReply) -> String {
        let start = cursor.position
        _ = cursor.skip(UInt8(ascii: "["))
        let content = cursor.take {
            (0x21...0x5a).contains($0) || (0x5e...0x7e).contains($0)
        }
        guard cursor.skip(UInt8(ascii: "]")), content.count <= EmailAddress.maximumDomainLength - 2,
            Self.isIPv4(content) || Self.isIPv6(content)
        else { throw invalid }
        return String(decoding: cursor.taken(from: start), as: UTF8.self)
    }

    // IPv4-address-literal = Snum 3("." Snum);   Snum = 1*3DIGIT ; 0 to 255
    private static func isIPv4(_ content: UnsafeRawBufferPointer) -> Bool {
        let parts = content.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.count) && part.allSatisfy(\.isASCIIDigit)
                    && part.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } <= 255
            }
    }

    // IPv6-address-literal = "IPv6:" IPv6-addr
    private static func isIPv6(_ content: UnsafeRawBufferPointer) -> Bool {
        var cursor = ByteCursor(content)
        guard cursor.skip(word: "IPV6:"), let address = cursor.rest.text else { return false }
        // A "/" would make it a network.
        return address.utf8.contains(UInt8(ascii: ":")) && !address.utf8.contains(UInt8(ascii: "/"))
            && IPNetwork(address) != nil
    }
}
