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
        // Until the index refers to the bytes, their segment must not go.
        let pin = core.pins.take(from: core.log.newestSegment)
        defer { withExtendedLifetime(pin) {} }
        do throws(MailboxError) {
            let rows = try await store(messages)
            let result = try await core.indexQueue.perform(rows: rows.count) { tables in
                try tables.append(
                    rows, to: mailbox, of: account, quota: quota, replacing: replacing)
            }
            for message in messages { message.draft.accepted() }
            return result
        } catch {
            for message in messages { message.draft.discard() }
            throw error
        }
    }

    /// Makes the bytes durable, all at once so that they share a commit.
    private func store(_ messages: [AppendedMessage]) async throws(MailboxError) -> [AppendedRow] {
        do throws(MailError) {
            if messages.count == 1 { return [try await core.store(messages[0])] }
            let rows = await withTaskGroup(
                of: (Int, Result<AppendedRow, MailError>).self
            ) { group in
                for (number, message) in messages.enumerated() {
                    group.addTask { [core] in (number, await core.stored(message)) }
                }
                return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            return try messages.indices.map { number throws(MailError) in
                try rows[number]!.get()
            }
        } catch { throw .unavailable(error) }
    }

    package func copy(
        _ uids: [UInt32], from source: Int64, to target: Int64, account: AccountID, quota: Quota
    ) async throws(MailboxError) -> CopyResult {
        let uids = uids.sortedSet()
        return try await core.indexQueue.perform(rows: uids.count) {
            try $0.copy(uids, from: source, to: target, of: account, quota: quota)
        }
    }

    package func move(
        _ uids: [UInt32], from source: (mailbox: Int64, account: AccountID),
        to target: (mailbox: Int64, account: AccountID), quota: Quota
    ) async throws(MailboxError) -> CopyResult {
        let uids = uids.sortedSet()
        return try await core.indexQueue.perform(rows: uids.count) {
            try $0.move(uids, from: source, to: target, quota: quota)
        }
    }

    package func store(
        _ change: FlagChange, uids: [UInt32], in mailbox: Int64, account: AccountID
    ) async throws(MailboxError) -> StoreResult {
        let uids = uids.sortedSet()
        return try await core.indexQueue.perform(rows: uids.count) {
            try $0.store(change, uids, in: mailbox, of: account)
        }
    }

    @discardableResult
    package func expunge(
        _ uids: [UInt32], onlyDeleted: Bool, from mailbox: Int64, account: AccountID
    ) async throws(MailboxError) -> [UInt32] {
        guard !uids.isEmpty else { return [] }
        let uids = uids.sortedSet()
        return try await core.indexQueue.perform(rows: uids.count) {
            try $0.expunge(uids, onlyDeleted: onlyDeleted, from: mailbox, of: account)
        }
    }

    package func setRecent(from uid: UInt32, in mailbox: Int64, account: AccountID) {
        _ = core.indexQueue.changes.push(
            .mailboxes(MailboxOperation { try $0.setRecent(from: uid, in: mailbox, account) }))
    }

    package func countMessages(from uid: UInt32, in mailbox: Int64) async throws(MailError) -> Int {
        try await core.reader.countMessages(from: uid, in: mailbox)
    }

    package func vanished(since modSequence: UInt64, in mailbox: Int64) async throws(MailError)
        -> UIDSet
    {
        try await core.reader.vanished(since: modSequence, in: mailbox)
    }
}

extension EngineCore {
    /// The outcome as a value: Swift 6.3's optimizer breaks a task's closure that makes one of a
    /// typed throw.
    fileprivate func stored(_ message: AppendedMessage) async -> Result<AppendedRow, MailError> {
        do throws(MailError) {
            return .success(try await store(message))
        } catch {
            return .failure(error)
        }
    }

    fileprivate func store(_ message: AppendedMessage) async throws(MailError) -> AppendedRow {
        let draft = message.draft
        let (body, isLarge) = try await draft.finish()
        var location = MessageLocation.ownFile
        if !isLarge {
            let stored = StoredBody(id: draft.id, size: draft.size)
            try await log.append(.stored(stored), body: body)
            guard let position = stored.position else {
                throw .localProblem("the log does not say where \(draft.id) is")
            }
            location = .log(position)
        }
        return AppendedRow(
            id: draft.id, size: draft.size, location: location, flags: message.flags,
            keywords: message.keywords, internalDate: message.internalDate)
    }
}

extension [UInt32] {
    /// Ascending, each once; costs nothing when they are.
    func sortedSet() -> [UInt32] {
        let isAscending = zip(self, dropFirst()).allSatisfy { $0 < $1 }
        return isAscending ? self : Set(self).sorted()
    }
}
