import MailModel

/// What a caller of the index waits for.
typealias Reply<Value: Sendable> = CheckedContinuation<Result<Value, MailError>, Never>

/// One change of the index. Waiting changes share a transaction.
enum IndexChange: Sendable {
    case logged(LoggedChange)
    case reserveIDs(upTo: UInt64)
    case update(QueueUpdate)
    case mailboxes(MailboxOperation)

    /// Concerns the queue alone: no user looks at it or waits for it.
    var canWait: Bool {
        switch self {
        case .logged(.accepted), .mailboxes: false
        case .logged, .reserveIDs, .update: true
        }
    }

    /// Tells a waiting caller that nothing was changed.
    func fail(_ error: MailError) {
        switch self {
        case .logged, .reserveIDs: break
        case .update(let update): update.reply.resume(returning: .failure(error))
        case .mailboxes(let operation): operation.fail(error)
        }
    }
}

/// A change of mailboxes that a user makes, and somebody who waits for it.
struct MailboxOperation: Sendable {
    /// About how many messages it touches.
    let rows: Int
    /// Makes the change, or refuses it before anything is changed: other changes of the same
    /// transaction are committed all the same. Returns what tells the caller of the outcome.
    let apply: @Sendable (IndexTables) throws -> () -> Void
    let fail: @Sendable (MailError) -> Void

    init<Value: Sendable>(
        rows: Int, origin: UInt64?,
        _ reply: CheckedContinuation<Result<Value, MailboxError>, Never>,
        _ body: @escaping @Sendable (IndexTables) throws -> Value
    ) {
        self.rows = rows
        apply = { tables in
            tables.effects.origin = origin
            defer { tables.effects.origin = nil }
            let result: Result<Value, MailboxError>
            do {
                result = .success(try body(tables))
            } catch let refusal as MailboxError {
                result = .failure(refusal)
            }
            return { reply.resume(returning: result) }
        }
        fail = { reply.resume(returning: .failure(.unavailable($0))) }
    }

    /// One that nobody waits for.
    init(rows: Int = 1, _ body: @escaping @Sendable (IndexTables) throws -> Void) {
        self.rows = rows
        apply = { tables in
            try body(tables)
            return {}
        }
        fail = { _ in }
    }
}

/// The way into the index writer, in order.
final class IndexQueue: Sendable {
    let changes = WorkQueue<IndexChange>()

    /// The log closes before this queue does, so what is logged always gets in.
    func push(_ logged: [LoggedChange]) {
        guard !logged.isEmpty else { return }
        let changes = logged.map { IndexChange.logged($0) }
        _ = self.changes.push(contentsOf: changes, isUrgent: !changes.allSatisfy(\.canWait))
    }

    func waitForRoom(below count: Int, atMost seconds: Int) -> Bool {
        changes.waitForRoom(below: count, atMost: seconds)
    }

    /// Makes one change and returns once it is durable.
    func perform<Value: Sendable>(_ change: (Reply<Value>) -> IndexChange) async throws(MailError)
        -> Value
    {
        let result = await withCheckedContinuation { (reply: Reply<Value>) in
            push(change(reply))
        }
        return try result.get()
    }

    /// The same for mailboxes. `body` throws `MailboxError` before it has changed anything.
    func perform<Value: Sendable>(
        rows: Int = 1, _ body: @escaping @Sendable (IndexTables) throws -> Value
    ) async throws(MailboxError) -> Value {
        let result = await withCheckedContinuation { reply in
            push(MailboxOperation(rows: rows, origin: ChangeOrigin.current, reply, body))
        }
        return try result.get()
    }

    func push(_ operation: MailboxOperation) { push(.mailboxes(operation)) }

    func push(_ update: QueueUpdate) { push(.update(update)) }

    private func push(_ change: IndexChange) {
        if !changes.push(change, isUrgent: !change.canWait) { change.fail(.closing) }
    }
}
