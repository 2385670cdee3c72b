internal import IMAP
internal import MailModel
internal import NIOCore

/// LIST responses that tell of one mailbox without LIST: in SELECT, CREATE, RENAME, DELETE, APPEND and
/// NOTIFY.
extension IMAPSession {
    /// - Parameter isDenied: the user may not do what would be necessary to watch it.
    func writeName(
        _ name: String, _ attributes: MailboxAttributes, specialUses: some Collection<SpecialUse> = [],
        isDenied: Bool = false, oldName: String? = nil
    ) {
        let utf8 = writesUTF8
        let words =
            attributes.names(isExtended: true) + specialUses.map(\.rawValue).sorted()
            + (isDenied ? ["\\NoAccess"] : [])
        output.writeString("* LIST (\(words.joined(separator: " "))) \"/\" ")
        output.writeIMAPMailbox(name, utf8: utf8)
        if let oldName {
            output.writeStaticString(" (\"OLDNAME\" (")
            output.writeIMAPMailbox(oldName, utf8: utf8)
            output.writeStaticString("))")
        }
        output.writeStaticString("\r\n")
    }

    func attributes(of name: String, isOwn: Bool) async throws(CommandFailure) -> MailboxAttributes {
        let mailboxes = try await isOwn ? ownMailboxes() : visibleMailboxes()
        return MailboxHierarchy(mailboxes.lazy.map(\.name)).attributes(of: name)
    }

    /// Tells what a command that has succeeded made of the client's name (nil: nothing). The command is
    /// not to fail for that.
    func writeName(
        _ name: String, isOwn: Bool, specialUses: some Collection<SpecialUse> = [], oldName: String?
    ) async {
        guard let oldName, let attributes = try? await attributes(of: name, isOwn: isOwn)
        else { return }
        writeName(name, attributes, specialUses: specialUses, oldName: oldName)
    }

    /// RFC 9051 section 6.3.9.7: what the client called the mailbox, if its name was normalised.
    func oldName(_ asked: String, now name: String) -> String? {
        let isSame = asked.utf8.elementsEqual(name.utf8) || name == MailboxName.inbox
        return isSame || !enabled.contains(.rev2) ? nil : asked
    }
}
