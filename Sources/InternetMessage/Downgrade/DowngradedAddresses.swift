internal import MailModel

/// Address lists in ASCII (RFC 6858 section 2.1): display names become encoded words. An address
/// beyond ASCII becomes part of the display name of one that can't be answered.
enum DowngradedAddresses {
    static let placeholder = "invalid@internationalized-address.invalid"

    /// - Parameter column: octets of the line before it.
    /// - Returns: nil when there is nothing in it.
    static func list(_ value: ArraySlice<UInt8>, column: Int) -> String? {
        let members = AddressList(value).members
        guard !members.isEmpty else { return nil }
        var text = ""
        for (index, member) in members.enumerated() {
            if index > 0 { text += ",\r\n " }
            let column = index > 0 ? 1 : column
            switch member {
            case .mailbox(let mailbox): text += self.mailbox(mailbox, column: column)
            case .group(let name, let mailboxes):
                text += "\(phrase(name, column: column)):"
                for (index, mailbox) in mailboxes.enumerated() {
                    text += (index > 0 ? "," : "") + "\r\n " + self.mailbox(mailbox, column: 1)
                }
                text += ";"
            }
        }
        return text
    }

    private static func mailbox(_ mailbox: Mailbox, column: Int) -> String {
        let localPart = String(decoding: mailbox.localPart, as: UTF8.self)
        guard let domain = mailbox.domain else {
            // No address at all, but words where one should be.
            let isASCII = mailbox.localPart.allSatisfy { $0 < 0x80 }
            let name = phrase(mailbox.localPart, column: column)
            return isASCII ? name : angle(placeholder, after: name)
        }
        let address = EmailAddress(
            localPart: localPart, domain: String(decoding: domain, as: UTF8.self))
        guard address.needsSMTPUTF8 else {
            guard let name = mailbox.name, !name.isEmpty else { return "\(address)" }
            return angle("\(address)", after: phrase(name, column: column))
        }
        var shown = "\(address)"
        if let name = mailbox.name, !name.isEmpty { shown = "\(EncodedWord.decode(name)) <\(address)>" }
        return angle(placeholder, after: EncodedWord.phrase(shown, column: column))
    }

    /// Lines with encoded words have 76 octets at most (RFC 2047 section 2).
    private static func angle(_ address: String, after name: String) -> String {
        "\(name)\(name.hasSuffix("?=") ? "\r\n" : "") <\(address)>"
    }

    /// Encoded words of any charset stay as they are, where they stood in a phrase.
    private static func phrase(_ name: [UInt8], column: Int) -> String {
        let isAtoms = name.allSatisfy { $0 == Octet.space || $0 < 0x80 && EmailAddress.isAtomByte($0) }
        let text = String(decoding: name, as: UTF8.self)
        return isAtoms && !name.isEmpty ? text : EncodedWord.phrase(EncodedWord.decode(name), column: column)
    }
}
