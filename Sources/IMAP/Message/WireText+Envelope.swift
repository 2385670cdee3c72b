internal import InternetMessage

extension WireText {
    /// ```
    /// envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP
    ///            env-to SP env-cc SP env-bcc SP env-in-reply-to SP env-message-id ")"
    /// ```
    /// RFC 9051 section 7.5.2: Sender and Reply-To default to From. Encoded words stay.
    mutating func envelope(_ envelope: EnvelopeFields) {
        octet("(")
        unfolded(envelope.date)
        octet(" ")
        readable(envelope.subject)
        octet(" ")
        addresses(envelope.from)
        octet(" ")
        addresses(envelope.sender.orIfEmpty(envelope.from))
        octet(" ")
        addresses(envelope.replyTo.orIfEmpty(envelope.from))
        octet(" ")
        addresses(envelope.to)
        octet(" ")
        addresses(envelope.cc)
        octet(" ")
        addresses(envelope.bcc)
        octet(" ")
        unfolded(envelope.inReplyTo)
        octet(" ")
        unfolded(envelope.messageID)
        octet(")")
    }

    /// ```
    /// env-from = "(" 1*address ")" / nil
    /// ```
    /// A group begins with an address that has only a mailbox name, and ends with one that has nothing.
    private mutating func addresses(_ list: AddressList?) {
        guard let list, !list.members.isEmpty else {
            raw("NIL")
            return
        }
        octet("(")
        for member in list.members {
            switch member {
            case .mailbox(let mailbox): address(mailbox)
            case .group(let name, let mailboxes):
                raw("(NIL NIL ")
                readable(name)
                raw(" NIL)")
                for mailbox in mailboxes { address(mailbox) }
                raw("(NIL NIL NIL NIL)")
            }
        }
        octet(")")
    }

    /// ```
    /// address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"
    /// ```
    /// NIL for a missing mailbox or host would mean a group: Dovecot's words stand there.
    private mutating func address(_ mailbox: Mailbox) {
        octet("(")
        readable(mailbox.name)
        octet(" ")
        unfolded(mailbox.route)
        octet(" ")
        if mailbox.localPart.isEmpty { raw("\"MISSING_MAILBOX\"") } else { unfolded(mailbox.localPart) }
        octet(" ")
        if let domain = mailbox.domain, !domain.isEmpty {
            unfolded(domain)
        } else {
            raw("\"MISSING_DOMAIN\"")
        }
        octet(")")
    }
}

extension AddressList? {
    fileprivate func orIfEmpty(_ other: AddressList?) -> AddressList? {
        self?.members.isEmpty ?? true ? other : self
    }
}
