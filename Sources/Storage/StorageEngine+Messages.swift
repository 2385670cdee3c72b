package import MailModel
package import NIOCore

extension StorageEngine {
    package func contents(of mailbox: Int64) async throws(MailError) -> MailboxContents? {
        try await core.reader.contents(of: mailbox)
    }

    package func messages(_ uids: UIDSet, in mailbox: Int64, limit: Int) async throws(MailError)
        -> [MailboxMessage]
    {
        try await core.reader.messages(uids, in: mailbox, limit: limit)
    }

    package func read(_ message: MessageReference, _ range: Range<Int>) async throws(MailError)
        -> ByteBuffer
    {
        try await core.messages.read(message, range)
    }

    package func append(
        _ messages: [AppendedMessage], to mailbox: Int64, account: AccountID, quota: Quota,
        replacing: (mailbox: Int64, account: AccountID, uid: UInt32)?
    ) async throws(MailboxError) -> AppendResult {
        throw .unavailable(.closing)
    }

    package func copy(
        _ uids: [UInt32], from source: Int64, to target: Int64, account: AccountID, quota: Quota
    ) async throws(MailboxError) -> CopyResult {
        throw .unavailable(.closing)
    }

    package func move(
        _ uids: [UInt32], from source: (mailbox: Int64, account: AccountID),
        to target: (mailbox: Int64, account: AccountID), quota: Quota
    ) async throws(MailboxError) -> CopyResult {
        throw .unavailable(.closing)
    }

    package func store(
        _ change: FlagChange, uids: [UInt32], in mailbox: Int64, account: AccountID
    ) async throws(MailboxError) -> StoreResult {
        throw .unavailable(.closing)
    }

    @discardableResult
    package func expunge(
        _ uids: [UInt32], onlyDeleted: Bool, from mailbox: Int64, account: AccountID
    ) async throws(MailboxError) -> [UInt32] {
        guard !uids.isEmpty else { return [] }
        let uids = uids.sortedSet()
        return try await core.indexQueue.perform {
            try $0.expunge(uids, onlyDeleted: onlyDeleted, from: mailbox, of: account)
        }
    }

    package func vanished(since modSequence: UInt64, in mailbox: Int64) async throws(MailError)
        -> UIDSet
    {
        try await core.reader.vanished(since: modSequence, in: mailbox)
    }
}

extension [UInt32] {
    /// Ascending, each once; costs nothing when they are.
    func sortedSet() -> [UInt32] {
        let isAscending = zip(self, dropFirst()).allSatisfy { $0 < $1 }
        return isAscending ? self : Set(self).sorted()
    }
}
