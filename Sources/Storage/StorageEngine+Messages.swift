package import MailModel
package import NIOCore

extension StorageEngine {
    /// Messages that `store` and `expunge` change in one transaction: others' changes come in between.
    static let portion = 2_000

    package func contents(of mailbox: Int64) async throws(MailError) -> MailboxContents? {
        let marks = core.recent.all
        guard var contents = try await core.reader.contents(of: mailbox) else { return nil }
        contents.status = marks.applied(to: contents.status)
        return contents
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

    package func hold(_ message: MessageReference) async throws(MailError) -> MessageHold? {
        try await core.messages.hold(message)
    }

    package func append(
        _ messages: [AppendedMessage], to mailbox: Int64, account: AccountID, quota: Quota,
        replacing: (mailbox: Int64, account: AccountID, uid: UInt32)?
    ) async throws(MailboxError) -> AppendResult {
        // Until the index refers to the bytes, their segment must not go.
        let pin = core.pins.take(from: core.log.newestSegment)
        defer { withExtendedLifetime(pin) {} }
        do throws(MailboxError) {
            let result: AppendResult
            if messages.count == 1 {
                result = try await core.append(messages[0]) { tables, row in
                    try tables.append(
                        [row], to: mailbox, of: account, quota: quota, replacing: replacing)
                }
            } else {
                let rows = try await store(messages)
                result = try await core.indexQueue.perform(rows: rows.count) { tables in
                    try tables.append(
                        rows, to: mailbox, of: account, quota: quota, replacing: replacing)
                }
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
        _ uids: [UInt32], from source: Int64, to target: Int64, account: AccountID, quota: Quota,
        keeping flags: KeptFlags = .all
    ) async throws(MailboxError) -> CopyResult {
        let uids = uids.sortedSet()
        return try await core.indexQueue.perform(rows: uids.count) {
            try $0.copy(
                uids, from: source, to: target, of: account, quota: quota, keeping: flags)
        }
    }

    package func move(
        _ uids: [UInt32], from source: (mailbox: Int64, account: AccountID),
        to target: (mailbox: Int64, account: AccountID), quota: Quota,
        keeping flags: KeptFlags = .all
    ) async throws(MailboxError) -> CopyResult {
        let uids = uids.sortedSet()
        return try await core.indexQueue.perform(rows: uids.count) {
            try $0.move(uids, from: source, to: target, quota: quota, keeping: flags)
        }
    }

    package func store(
        _ change: FlagChange, uids: [UInt32], in mailbox: Int64, account: AccountID
    ) async throws(MailboxError) -> StoreResult {
        var result = StoreResult(messages: [], modified: [])
        for uids in uids.sortedSet().portions(of: Self.portion) {
            let part = try await core.indexQueue.perform(rows: uids.count) {
                try $0.store(change, uids, in: mailbox, of: account)
            }
            result.messages += part.messages
            result.modified += part.modified
        }
        return result
    }

    @discardableResult
    package func expunge(
        _ uids: [UInt32], onlyDeleted: Bool, from mailbox: Int64, account: AccountID
    ) async throws(MailboxError) -> [UInt32] {
        guard !uids.isEmpty else { return [] }
        var gone: [UInt32] = []
        for uids in uids.sortedSet().portions(of: Self.portion) {
            gone += try await core.indexQueue.perform(rows: uids.count) {
                try $0.expunge(uids, onlyDeleted: onlyDeleted, from: mailbox, of: account)
            }
        }
        return gone
    }

    package func setRecent(from uid: UInt32, in mailbox: Int64, account: AccountID) {
        core.recent.set(uid, mailbox, account)
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
        let (body, isLarge) = try await message.draft.finish()
        guard !isLarge else { return AppendedRow(message, at: .ownFile) }
        let stored = StoredBody(id: message.draft.id, size: message.draft.size)
        try await log.append(.stored(stored), body: body)
        return AppendedRow(message, at: .log(try stored.knownPosition.get()))
    }

    /// One message: the log's thread hands it to the index as soon as its bytes are durable, and
    /// whoever waits is woken once.
    fileprivate func append(
        _ message: AppendedMessage,
        _ body: @escaping @Sendable (IndexTables, AppendedRow) throws -> AppendResult
    ) async throws(MailboxError) -> AppendResult {
        let finished: (body: ByteBuffer, isLarge: Bool)
        do throws(MailError) {
            finished = try await message.draft.finish()
        } catch { throw .unavailable(error) }
        guard !finished.isLarge else {
            return try await indexQueue.perform {
                try body($0, AppendedRow(message, at: .ownFile))
            }
        }
        let stored = StoredBody(id: message.draft.id, size: message.draft.size)
        let (queue, origin) = (indexQueue, ChangeOrigin.current)
        let result = await withCheckedContinuation {
            (reply: CheckedContinuation<Result<AppendResult, MailboxError>, Never>) in
            log.append(.stored(stored), body: finished.body) { outcome in
                switch outcome.flatMap({ stored.knownPosition }) {
                case .success(let position):
                    let row = AppendedRow(message, at: .log(position))
                    queue.push(MailboxOperation(rows: 1, origin: origin, reply) { try body($0, row) })
                case .failure(let error): reply.resume(returning: .failure(.unavailable(error)))
                }
            }
        }
        return try result.get()
    }
}

extension StoredBody {
    fileprivate var knownPosition: Result<LogPosition, MailError> {
        position.map { .success($0) }
            ?? .failure(.localProblem("the log does not say where \(id) is"))
    }
}

extension AppendedRow {
    fileprivate init(_ message: AppendedMessage, at location: MessageLocation) {
        self.init(
            id: message.draft.id, size: message.draft.size, location: location,
            mayNeedConversion: message.draft.mayNeedConversion, flags: message.flags,
            keywords: message.keywords, internalDate: message.internalDate)
    }
}

extension [UInt32] {
    /// One at least.
    fileprivate func portions(of size: Int) -> [[UInt32]] {
        if count <= size { return [self] }
        return stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }

    /// Ascending, each once; costs nothing when they are.
    func sortedSet() -> [UInt32] {
        let isAscending = zip(self, dropFirst()).allSatisfy { $0 < $1 }
        return isAscending ? self : Set(self).sorted()
    }
}
