internal import MailModel

extension MessageKeys {
    /// Computes the keys from the header of a parsed message.
    package init(_ message: MIMEMessage) {
        let envelope = message.parts[0].envelope ?? EnvelopeFields()
        var values = Values()
        if let date = envelope.date.flatMap({ MessageDate(parsing: $0[...]) }) {
            values.sentDate = date.timestamp
            values.sentOffsetMinutes = date.offsetMinutes ?? 0
        }
        if let subject = envelope.subject {
            let base = BaseSubject(subject[...])
            values.baseSubject = UnicodeCasemap.map(base.text)
            values.isReply = base.isReply
        }
        values.from = Self.mailboxKey(envelope.from)
        values.to = Self.mailboxKey(envelope.to)
        values.cc = Self.mailboxKey(envelope.cc)
        values.displayFrom = Self.displayKey(envelope.from)
        values.displayTo = Self.displayKey(envelope.to)
        values.messageID = envelope.messageID.flatMap { MessageIDList.parse($0[...]).first }
        if let references = envelope.references.map({ MessageIDList.parse($0[...]) }),
            !references.isEmpty
        {
            values.references = references
            values.hasReferences = true
        } else if let parent = envelope.inReplyTo.flatMap({ MessageIDList.parse($0[...]).first }) {
            values.references = [parent]
        }
        self.init(values)
    }

    /// RFC 5256 section 3: addr-mailbox of the first address, which for a group is its name.
    private static func mailboxKey(_ list: AddressList?) -> [UInt8] {
        switch list?.members.first {
        case .mailbox(let mailbox): UnicodeCasemap.map(mailbox.localPart)
        case .group(let name, _): UnicodeCasemap.map(name)
        case nil: []
        }
    }

    /// RFC 5957 section 3.
    private static func displayKey(_ list: AddressList?) -> [UInt8] {
        switch list?.members.first {
        case .mailbox(let mailbox):
            if let name = mailbox.name, !name.isEmpty {
                UnicodeCasemap.map(Array(HeaderText.decodedValue(name[...]).utf8))
            } else {
                UnicodeCasemap.map(
                    mailbox.localPart + (mailbox.domain.map { [Octet.at] + $0 } ?? []))
            }
        case .group(let name, _):
            UnicodeCasemap.map(Array(HeaderText.decodedValue(name[...]).utf8))
        case nil: []
        }
    }
}
