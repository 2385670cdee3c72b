import MailModel
import Synchronization

/// Counts the octets that drafts and waiting records hold in memory, up to a limit.
final class MemoryBudget: Sendable {
    private let limit: Int
    private let used = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    /// 452 4.3.1 when it would be more than the limit.
    func take(_ bytes: Int) throws(MailError) {
        let (_, total) = used.add(bytes, ordering: .relaxed)
        guard total <= limit else {
            giveBack(bytes)
            throw .storageFull("\(limit) octets of messages are waiting in memory")
        }
    }

    /// 452 4.3.1 when the limit is reached.
    func check() throws(MailError) { try take(0) }

    func giveBack(_ bytes: Int) { used.subtract(bytes, ordering: .relaxed) }
}
