import MailModel
import Synchronization

/// Hands out queue ids. None is ever given twice, not even that of a discarded draft: ids below a
/// ceiling are given only after the ceiling is durable, and a restart begins at the ceiling.
final class IDAllocator: Sendable {
    /// Ids that one durable step of the ceiling reserves.
    static let block: UInt64 = 65_536

    /// The first id of this run.
    let first: UInt64
    private let next: Atomic<UInt64>
    private let ceiling: Atomic<UInt64>
    private let raising = Atomic(false)

    /// - Parameter ceiling: already durable.
    init(first: UInt64, ceiling: UInt64) {
        self.first = first
        next = Atomic(first)
        self.ceiling = Atomic(ceiling)
    }

    /// - Parameter raise: called when half of the block is used, with the ceiling to make durable;
    ///   `raised` is to be called then.
    func make(raise: (UInt64) -> Void) throws(MailError) -> QueueID {
        let id = next.add(1, ordering: .relaxed).oldValue
        let limit = ceiling.load(ordering: .acquiring)
        if id + Self.block / 2 >= limit,
            raising.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged
        {
            raise(max(limit, id) + Self.block)
        }
        guard id < limit else { throw .localProblem("no queue ids are reserved") }
        return QueueID(rawValue: id)
    }

    func raised(to limit: UInt64?) {
        if let limit { ceiling.store(limit, ordering: .releasing) }
        raising.store(false, ordering: .relaxed)
    }
}
