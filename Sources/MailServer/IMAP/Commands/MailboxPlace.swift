internal import IMAP

/// Where a mailbox name leads.
enum MailboxPlace: Equatable {
    case own(String)
    /// Another user's, by the user's login and the user's own name for it.
    case other(owner: String, String)
    /// A level above other users' mailboxes, which is no mailbox.
    case aboveOthers

    /// - Parameter name: in its one spelling.
    init(_ name: String) {
        let levels = name.utf8.split(
            separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
        guard levels[0].elementsEqual(MailboxName.otherUsers.utf8) else {
            self = .own(name)
            return
        }
        guard levels.count == 3, let owner = String(levels[1]), let rest = String(levels[2]),
            !owner.isEmpty, !rest.isEmpty
        else {
            self = .aboveOthers
            return
        }
        self = .other(owner: owner, MailboxName.canonical(rest))
    }

    /// The name of another user's mailbox, as this user sees it.
    static func name(of mailbox: String, ownedBy owner: String) -> String {
        "\(MailboxName.otherUsers)/\(owner)/\(mailbox)"
    }
}
