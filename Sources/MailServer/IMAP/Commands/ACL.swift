internal import IMAP
internal import MailboxStore
internal import MailModel
internal import NIOCore
internal import Storage

/// Access control lists (RFC 4314). The owner always has all rights.
extension IMAPSession {
    func setACL(_ name: String, _ identifier: String, _ rights: String)
        async throws(CommandFailure) -> Completion
    {
        guard let change = RightsChange(rights) else { throw .bad("Unknown right") }
        let mailbox = try await mailbox(named: name, needing: .administer)
        let list = try await accessList(of: mailbox.id)
        let subject = try await self.identifier(identifier, among: list)
        if subject.subject == .user(mailbox.owner) {
            guard !subject.isNegative else {
                throw .no("The owner's rights can't be taken away", code: "CANNOT")
            }
            return .ok("The owner has all rights, as always")
        }
        try await setRights(
            change.applied(to: list.entries[subject] ?? []), of: subject, on: mailbox)
        return .ok("SETACL completed")
    }

    func deleteACL(_ name: String, _ identifier: String) async throws(CommandFailure) -> Completion {
        let mailbox = try await mailbox(named: name, needing: .administer)
        let list = try await accessList(of: mailbox.id)
        let subject = try await self.identifier(identifier, among: list)
        guard subject.subject != .user(mailbox.owner) || subject.isNegative else {
            throw .no("The owner's rights can't be taken away", code: "CANNOT")
        }
        try await setRights([], of: subject, on: mailbox)
        return .ok("DELETEACL completed")
    }

    private func setRights(
        _ rights: ACLRights, of identifier: AccessIdentifier, on mailbox: ResolvedMailbox
    ) async throws(CommandFailure) {
        let storage = service.mailboxes.storage
        try await changed { () async throws(MailboxError) in
            try await storage.setAccess(
                rights.text, of: identifier.stored, to: mailbox.id, account: mailbox.owner)
        }
    }

    // acl-data = "ACL" SP mailbox *(SP identifier SP rights)
    func getACL(_ name: String) async throws(CommandFailure) -> Completion {
        let mailbox = try await mailbox(named: name, needing: .administer)
        let list = try await accessList(of: mailbox.id)
        let owner =
            mailbox.isOwn
            ? try loggedIn().account.identifierText
            : try await text(of: AccessIdentifier(.user(mailbox.owner)))
        var entries = [(owner, ACLRights.all)]
        for (identifier, rights) in list.entries.sorted(by: { $0.key.stored < $1.key.stored }) {
            entries.append((try await text(of: identifier), rights))
        }
        output.writeStaticString("* ACL ")
        output.writeIMAPMailbox(mailbox.name, utf8: writesUTF8)
        for (identifier, rights) in entries {
            output.writeStaticString(" ")
            output.writeIMAPAString(identifier)
            output.writeString(" \(rights.clientText)")
        }
        output.writeStaticString("\r\n")
        return .ok("GETACL completed")
    }

    // listrights-data = "LISTRIGHTS" SP mailbox SP identifier SP rights *(SP rights)
    func listRights(_ name: String, _ identifier: String) async throws(CommandFailure) -> Completion {
        let mailbox = try await mailbox(named: name, needing: .administer)
        let list = try await accessList(of: mailbox.id)
        let subject = try await self.identifier(identifier, among: list)
        output.writeStaticString("* LISTRIGHTS ")
        output.writeIMAPMailbox(mailbox.name, utf8: writesUTF8)
        output.writeStaticString(" ")
        output.writeIMAPAString(identifier)
        // First what is always there, then what can be granted, each for itself.
        output.writeString(
            subject == AccessIdentifier(.user(mailbox.owner))
                ? " \(ACLRights.all.clientText)\r\n" : " \"\" \(ACLRights.grantable)\r\n")
        return .ok("LISTRIGHTS completed")
    }

    func myRights(_ name: String) async throws(CommandFailure) -> Completion {
        let mailbox = try await mailbox(named: name) { !$0.isDisjoint(with: .toKnowRights) }
        writeRights(mailbox)
        return .ok("MYRIGHTS completed")
    }

    // myrights-data = "MYRIGHTS" SP mailbox SP rights
    func writeRights(_ mailbox: ResolvedMailbox) {
        output.writeStaticString("* MYRIGHTS ")
        output.writeIMAPMailbox(mailbox.name, utf8: writesUTF8)
        output.writeString(" \(mailbox.rights.clientText)\r\n")
    }
}

extension ACLRights {
    /// RFC 4314 section 4: any of these lets MYRIGHTS be used.
    static let toKnowRights: ACLRights = [
        .lookup, .read, .insert, .createMailbox, .deleteMailbox, .administer,
    ]
}
