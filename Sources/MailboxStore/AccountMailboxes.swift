package import MailModel
package import Storage

/// One account's mailboxes.
package struct AccountMailboxes: Sendable {
    package let account: AccountID
    private let store: MailboxStore

    private var storage: any MailboxStorage { store.storage }

    init(_ account: AccountID, of store: MailboxStore) {
        self.account = account
        self.store = store
    }

    // MARK: First use

    package static let inbox = "INBOX"

    /// What a new account begins with, all subscribed.
    package static let defaults = [
        NewMailbox(name: inbox),
        NewMailbox(name: "Drafts", specialUses: [.drafts]),
        NewMailbox(name: "Sent", specialUses: [.sent]),
        NewMailbox(name: "Junk", specialUses: [.junk]),
        NewMailbox(name: "Trash", specialUses: [.trash]),
        NewMailbox(name: "Archive", specialUses: [.archive]),
    ]

    /// Remembers, out of any client's reach, that the defaults were made: what a user deletes stays
    /// deleted.
    private static let mark = "defaults"

    /// Makes the default mailboxes at the account's first use.
    package func ensureDefaults() async throws(MailError) {
        if store.hasDefaults(account) { return }
        let marks = try await storage.annotations(of: 0, account: account)
        if marks[Self.mark] == nil {
            try await storage.makeDefaultMailboxes(Self.defaults, mark: Self.mark, of: account)
        }
        store.setHasDefaults(account)
    }

    // MARK: Mailboxes

    /// All, by name.
    package func list() async throws(MailError) -> [MailboxStatus] {
        try await storage.mailboxes(of: account)
    }

    /// With all that was accepted for it before.
    package func mailbox(named name: String) async throws(MailError) -> MailboxStatus? {
        if name == Self.inbox { await storage.finishDeliveries(to: account) }
        return try await storage.mailbox(named: name, of: account)
    }

    package func create(_ mailbox: NewMailbox) async throws(MailboxError) -> MailboxStatus {
        try await storage.createMailboxes([mailbox], of: account)[0]
    }

    package func rename(_ name: String, to newName: String) async throws(MailboxError) {
        try await storage.renameMailbox(name, to: newName, of: account)
    }

    package func delete(_ mailbox: Int64) async throws(MailboxError) {
        try await storage.deleteMailbox(mailbox, of: account)
    }

    package func subscriptions() async throws(MailError) -> Set<String> {
        try await storage.subscriptions(of: account)
    }

    package func setSubscribed(_ subscribed: Bool, _ name: String) async throws(MailboxError) {
        try await storage.setSubscribed(subscribed, name, of: account)
    }

    package func usage() async throws(MailError) -> (bytes: Int64, messages: Int64) {
        try await storage.usage(of: account)
    }
}
