internal import NIOCore

/// The commands of the AUTHORIZATION state, and those of any state.
extension POP3Session {
    /// `USER name` (RFC 1939 section 7). Whether there is such a user is not said.
    mutating func user(
        _ arguments: Arguments, _ replies: inout ByteBuffer
    ) throws(ArgumentError) -> POP3Action? {
        guard offer.allowsPassword else {
            loginFailed(.encryptionRequired, &replies)
            return nil
        }
        var arguments = arguments
        guard let name = arguments.next() else { throw .missing }
        try arguments.end()
        guard let name = String(validating: name, as: UTF8.self) else { throw .notText }
        userName = name
        POP3Reply.ok("send PASS", &replies)
        return nil
    }

    /// `PASS string`: the string is the rest of the line, spaces included.
    mutating func pass(
        _ arguments: Arguments, _ replies: inout ByteBuffer
    ) throws(ArgumentError) -> POP3Action? {
        guard offer.allowsPassword else {
            loginFailed(.encryptionRequired, &replies)
            return nil
        }
        guard let userName else {
            bad("USER first", &replies)
            return nil
        }
        guard let password = arguments.verbatim else { throw .missing }
        phase = .waiting
        return .verifyPassword(login: userName, password: password)
    }

    /// `AUTH [mechanism [initial-response]]` (RFC 5034 section 4). Without arguments it lists the
    /// mechanisms, as clients older than CAPA expect. "=" is an initial response of no octets.
    mutating func auth(
        _ arguments: Arguments, _ replies: inout ByteBuffer
    ) throws(ArgumentError) -> POP3Action? {
        var arguments = arguments
        guard let mechanism = arguments.next() else {
            POP3Reply.ok("mechanisms follow", &replies)
            for mechanism in offer.mechanisms() {
                replies.writeString(mechanism)
                replies.writeStaticString("\r\n")
            }
            replies.writeStaticString(".\r\n")
            return nil
        }
        let initial = arguments.next()
        try arguments.end()
        phase = .waiting
        return .beginAuthentication(
            mechanism: String(decoding: mechanism.map(ASCII.uppercased), as: UTF8.self),
            initialResponse: initial == [UInt8(ascii: "=")] ? [] : initial)
    }

    /// Needs the password in clear on our side, and MD5: never offered.
    mutating func apop(
        _ arguments: Arguments, _ replies: inout ByteBuffer
    ) throws(ArgumentError) -> POP3Action? {
        bad("APOP is not supported", &replies)
        return nil
    }

    /// `STLS` (RFC 2595 section 4; RFC 6856 section 2.1: not after UTF8). A client waits for the
    /// reply; what stands behind the command already may have been put there by someone else.
    mutating func stls(
        _ arguments: Arguments, _ replies: inout ByteBuffer
    ) throws(ArgumentError) -> POP3Action? {
        var arguments = arguments
        try arguments.end()
        guard offer.offersTLS, !isUTF8 else {
            bad("TLS can't begin now", &replies)
            return nil
        }
        guard !hasUnreadInput else {
            POP3Reply.error("nothing may follow STLS before its reply", &replies)
            phase = .ended
            return .close
        }
        POP3Reply.ok("begin TLS", &replies)
        phase = .waiting
        return .startTLS
    }

    /// `UTF8` (RFC 6856 section 2.1).
    mutating func utf8(
        _ arguments: Arguments, _ replies: inout ByteBuffer
    ) throws(ArgumentError) -> POP3Action? {
        var arguments = arguments
        try arguments.end()
        isUTF8 = true
        POP3Reply.ok("UTF8 mode", &replies)
        return nil
    }

    /// `LANG [language]` (RFC 6856 section 3.1): texts are in English.
    mutating func lang(
        _ arguments: Arguments, _ replies: inout ByteBuffer
    ) throws(ArgumentError) -> POP3Action? {
        var arguments = arguments
        let tag = arguments.next().map { $0.map { $0 | 0x20 } }
        try arguments.end()
        switch tag.map({ String(decoding: $0, as: UTF8.self) }) {
        case nil: replies.writeStaticString("+OK languages follow\r\nen English\r\n.\r\n")
        case "en", "i-default", "*", "en-us", "en-gb": POP3Reply.ok("en English", &replies)
        default: bad("language not available", &replies)
        }
        return nil
    }

    /// `CAPA` (RFC 2449 section 5). The list is the same in both states, as its section 6 wants.
    mutating func capa(
        _ arguments: Arguments, _ replies: inout ByteBuffer
    ) throws(ArgumentError) -> POP3Action? {
        var arguments = arguments
        try arguments.end()
        replies.writeStaticString("+OK capabilities follow\r\nTOP\r\nUIDL\r\n")
        if offer.allowsPassword { replies.writeStaticString("USER\r\n") }
        let mechanisms = offer.mechanisms()
        if !mechanisms.isEmpty {
            replies.writeStaticString("SASL")
            for mechanism in mechanisms {
                replies.writeInteger(ASCII.space)
                replies.writeString(mechanism)
            }
            replies.writeStaticString("\r\n")
        }
        if offer.offersTLS { replies.writeStaticString("STLS\r\n") }
        replies.writeStaticString(offer.allowsPassword ? "UTF8 USER\r\n" : "UTF8\r\n")
        replies.writeStaticString(
            "LANG\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nEXPIRE NEVER\r\n")
        replies.writeStaticString("IMPLEMENTATION Martlet\r\n.\r\n")
        return nil
    }

    /// `QUIT`: from TRANSACTION the session enters UPDATE (RFC 1939 section 6).
    mutating func quit(
        _ arguments: Arguments, _ replies: inout ByteBuffer
    ) throws(ArgumentError) -> POP3Action? {
        var arguments = arguments
        try arguments.end()
        hasQuit = true
        if let deleted = maildrop?.deletedIndices, !deleted.isEmpty {
            phase = .waiting
            return .update(deleted: deleted)
        }
        POP3Reply.ok("goodbye", &replies)
        phase = .ended
        return .close
    }
}
