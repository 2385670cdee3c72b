import MailModel

/// What a caller of the index waits for.
typealias Reply<Value: Sendable> = CheckedContinuation<Result<Value, MailError>, Never>

/// One change of the index. Waiting changes share a transaction.
enum IndexChange: Sendable {
    case logged(LoggedChange)
    case reserveIDs(upTo: UInt64)
    case update(QueueID, [RecipientUpdate], Reply<[RecipientResult]>)
    case openMailbox(AccountID, name: String, Reply<MailboxStatus>)
    case expunge([UInt32], mailbox: Int64, account: AccountID, Reply<Void>)

    /// Tells a waiting caller that nothing was changed.
    func fail(_ error: MailError) {
        switch self {
        case .logged, .reserveIDs: break
        case .update(_, _, let reply): reply.resume(returning: .failure(error))
        case .openMailbox(_, _, let reply): reply.resume(returning: .failure(error))
        case .expunge(_, _, _, let reply): reply.resume(returning: .failure(error))
        }
    }
}

/// The way into the index writer, in order.
final class IndexQueue: Sendable {
    let changes = WorkQueue<IndexChange>()

    /// The log closes before this queue does, so what is logged always gets in.
    func push(_ logged: [LoggedChange]) {
        _ = changes.push(contentsOf: logged.map { .logged($0) })
    }

    func waitForRoom(below count: Int, atMost seconds: Int) -> Bool {
        changes.waitForRoom(below: count, atMost: seconds)
    }

    /// Makes one change and returns once it is durable.
    func perform<Value: Sendable>(_ change: (Reply<Value>) -> IndexChange) async throws(MailError)
        -> Value
    {
        let result = await withCheckedContinuation { (reply: Reply<Value>) in
            let change = change(reply)
            if !changes.push(change) { change.fail(.closing) }
        }
        return try result.get()
    }
}
