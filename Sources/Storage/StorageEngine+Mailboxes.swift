package import MailModel
import Synchronization

extension StorageEngine: MailboxStorage {
    package func finishDeliveries(to account: AccountID) async {
        guard let last = core.deliveries.last(for: account) else { return }
        core.log.handOverNow()
        await core.deliveries.wait(through: last)
    }

    package func listInbox(of account: AccountID) async throws(MailError) -> MailboxListing {
        let (known, ticket) = core.listings.find(account)
        if let known { return known }
        var listing = try await core.reader.listing(of: IndexTables.inbox, account)
        if listing == nil {
            try await makeInbox(of: account)
            listing = try await core.reader.listing(of: IndexTables.inbox, account)
        }
        guard let listing else { throw .localProblem("index: \(account) has no INBOX") }
        core.listings.store(listing, ticket)
        return listing
    }

    private func makeInbox(of account: AccountID) async throws(MailError) {
        _ = try await change { try $0.inbox(of: account) }
    }

    package func usage(of account: AccountID) async throws(MailError)
        -> (bytes: Int64, messages: Int64)
    {
        try await core.reader.usage(of: account)
    }

    // MARK: Mailboxes

    package func mailboxes(of account: AccountID) async throws(MailError) -> [MailboxStatus] {
        let marks = core.recent.all
        let known = try await core.reader.mailboxes(of: account)
        // An account that has any has INBOX.
        if !known.isEmpty { return known.map(marks.applied) }
        try await makeInbox(of: account)
        return try await core.reader.mailboxes(of: account)
    }

    package func mailbox(_ id: Int64) async throws(MailError) -> MailboxStatus? {
        let marks = core.recent.all
        return try await core.reader.mailbox(id).map(marks.applied)
    }

    package func mailbox(named name: String, of account: AccountID) async throws(MailError)
        -> MailboxStatus?
    {
        let marks = core.recent.all
        let (known, ticket) = core.statuses.find(name, of: account)
        if let known { return marks.applied(to: known) }
        if let found = try await core.reader.mailbox(named: name, of: account) {
            core.statuses.store(found, ticket)
            return marks.applied(to: found)
        }
        guard name == IndexTables.inbox else { return nil }
        return try await change { tables in
            try tables.state(of: tables.inbox(of: account))?.status
        }
    }

    package func createMailboxes(_ mailboxes: [NewMailbox], of account: AccountID)
        async throws(MailboxError) -> [MailboxStatus]
    {
        try await core.indexQueue.perform { try $0.create(mailboxes, of: account) }
    }

    package func makeDefaultMailboxes(
        _ defaults: [NewMailbox], mark: String, of account: AccountID
    ) async throws(MailError) {
        try await change { try $0.makeDefaults(defaults, mark: mark, of: account) }
    }

    package func renameMailbox(_ name: String, to newName: String, of account: AccountID)
        async throws(MailboxError)
    {
        try await core.indexQueue.perform { try $0.rename(name, to: newName, of: account) }
    }

    package func deleteMailbox(_ id: Int64, of account: AccountID) async throws(MailboxError) {
        try await core.indexQueue.perform { try $0.delete(id, of: account) }
    }

    package func setSpecialUses(_ uses: Set<SpecialUse>, of mailbox: Int64, account: AccountID)
        async throws(MailboxError)
    {
        try await core.indexQueue.perform {
            try $0.setSpecialUses(uses, of: mailbox, account)
        }
    }

    package func subscriptions(of account: AccountID) async throws(MailError) -> Set<String> {
        try await core.reader.subscriptions(of: account)
    }

    package func setSubscribed(_ subscribed: Bool, _ name: String, of account: AccountID)
        async throws(MailboxError)
    {
        try await core.indexQueue.perform { try $0.subscribe(subscribed, name, account) }
    }

    // MARK: Access and annotations

    package func accessList(of mailbox: Int64) async throws(MailError) -> [String: String] {
        try await core.reader.accessList(of: mailbox)
    }

    package func setAccess(
        _ rights: String, of identifier: String, to mailbox: Int64, account: AccountID
    ) async throws(MailboxError) {
        try await core.indexQueue.perform {
            try $0.setAccess(rights, of: identifier, to: mailbox, account)
        }
    }

    package func mailboxesShared(with identifiers: [String]) async throws(MailError)
        -> [(account: AccountID, mailbox: MailboxStatus)]
    {
        let marks = core.recent.all
        return try await core.reader.mailboxesShared(with: identifiers).map {
            ($0.account, marks.applied(to: $0))
        }
    }

    package func annotations(of mailbox: Int64, account: AccountID) async throws(MailError)
        -> [String: [UInt8]]
    {
        try await core.reader.annotations(of: mailbox, account: account)
    }

    package func setAnnotations(
        _ entries: [String: [UInt8]?], of mailbox: Int64, account: AccountID
    ) async throws(MailboxError) {
        try await core.indexQueue.perform { try $0.annotate(entries, of: mailbox, account) }
    }

    // MARK: Changes

    package var keywords: KeywordTable { core.keywords }

    package func setObserver(_ observer: @escaping @Sendable ([MailboxChange]) -> Void) {
        core.observer.withLock { $0 = ChangeObserver(tell: observer) }
    }

    /// For changes that the engine refuses for no reason but its own.
    private func change<Value: Sendable>(
        _ body: @escaping @Sendable (IndexTables) throws -> Value
    ) async throws(MailError) -> Value {
        do throws(MailboxError) {
            return try await core.indexQueue.perform(body)
        } catch {
            switch error {
            case .unavailable(let cause): throw cause
            case .limit(let what): throw .localProblem("limit: \(what)")
            default: throw .localProblem("index: \(error)")
            }
        }
    }
}
