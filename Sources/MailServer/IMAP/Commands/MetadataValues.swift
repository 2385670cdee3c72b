internal import Directory
internal import IMAP
internal import MailboxStore
internal import MailModel
internal import Storage

/// What metadata (RFC 5464) there is on a mailbox, as this user sees it. Everybody has private
/// entries of one's own: those of users other than the owner are stored under their identifiers.
extension IMAPSession {
    /// The mailbox's entry for its special use (RFC 6154 section 4).
    static let specialUseEntry = "/private/specialuse"

    /// - Parameter mailbox: nil for the server.
    func metadata(of mailbox: ResolvedMailbox?) async throws(CommandFailure) -> [String: [UInt8]] {
        let user = try loggedIn()
        let storage = service.mailboxes.storage
        let all = try await stored { () async throws(MailError) in
            try await storage.annotations(
                of: mailbox?.id ?? 0, account: mailbox?.owner ?? user.account.id)
        }
        var visible: [String: [UInt8]] = [:]
        for (name, value) in all {
            if let name = Self.shownName(
                ofEntry: name, to: user.account.id, owner: mailbox?.owner ?? user.account.id)
            {
                visible[name] = value
            }
        }
        if let mailbox, mailbox.isOwn, !mailbox.status.specialUses.isEmpty {
            let uses = mailbox.status.specialUses.map(\.rawValue).sorted()
            visible[Self.specialUseEntry] = Array(uses.joined(separator: " ").utf8)
        }
        if mailbox == nil {
            // RFC 5464 section 6.2.1: a URI. RFC 5321 wants there to be a postmaster.
            visible["/shared/admin"] =
                Array("mailto:postmaster@\(user.account.primaryAddress.domain)".utf8)
        }
        return visible
    }

    /// The name of a stored entry as the user sees it; nil when it is none of the user's.
    static func shownName(ofEntry stored: String, to user: AccountID, owner: AccountID) -> String? {
        if stored.hasPrefix("/shared/") { return stored }
        let own = storedPrefix(of: user, owner: owner)
        guard stored.hasPrefix(own + "/private/") else { return nil }
        return String(stored.dropFirst(own.count))
    }

    static func storedPrefix(of user: AccountID, owner: AccountID) -> String {
        user == owner ? "" : "\(user)"
    }
}

extension ACLRights {
    /// RFC 5464 section 3.3.
    static let toReadMetadata: ACLRights = [.lookup, .read]
    /// For /shared; everybody's own are free to who can read.
    static let toWriteMetadata: ACLRights = [.lookup, .read, .write]
}
