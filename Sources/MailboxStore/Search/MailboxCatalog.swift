package import MailModel
import Storage
import Synchronization

/// The columns of mailboxes that have been searched lately.
package final class MailboxCatalog: Sendable {
    /// Messages in all kept columns: some 25 MB.
    private static let maximumRows = 500_000
    /// Messages read from the store at once.
    private static let portion = 1000

    private struct State {
        var columns: [Int64: MessageColumns] = [:]
        /// The one used longest ago first.
        var order: [Int64] = []
        var rows = 0
    }

    private let storage: any MailboxStorage
    private let state = Mutex(State())

    init(_ storage: any MailboxStorage) {
        self.storage = storage
    }

    /// The columns whose rows are these messages, read as far as they are not known.
    /// - Parameter uids: ascending.
    package func columns(of mailbox: Int64, uids: [UInt32]) async throws(MailError)
        -> MessageColumns
    {
        let known = state.withLock { $0.columns[mailbox] } ?? MessageColumns()
        if known.uids == uids {
            state.withLock { Self.touch(mailbox, &$0) }
            return known
        }
        let columns = try await assemble(uids, from: known, of: mailbox)
        state.withLock { Self.keep(columns, of: mailbox, &$0) }
        return columns
    }

    package func forget(_ mailbox: Int64) {
        state.withLock { Self.remove(mailbox, &$0) }
    }

    private func assemble(_ uids: [UInt32], from known: MessageColumns, of mailbox: Int64)
        async throws(MailError) -> MessageColumns
    {
        // Most often only new messages have come.
        let isPrefix = known.count <= uids.count && uids.starts(with: known.uids)
        var columns = isPrefix ? known : known.emptied()
        columns.reserve(uids.count)
        var row = isPrefix ? known.count : 0
        var index = row
        while index < uids.count {
            while row < known.count, known.uids[row] < uids[index] { row += 1 }
            if row < known.count, known.uids[row] == uids[index] {
                columns.append(row, of: known)
                index += 1
                continue
            }
            var end = index + 1
            while end < uids.count, end - index < Self.portion,
                row == known.count || uids[end] < known.uids[row]
            {
                end += 1
            }
            let wanted = uids[index..<end]
            let messages = try await storage.messages(
                UIDSet(ascending: wanted), in: mailbox, limit: wanted.count)
            var next = 0
            for uid in wanted {
                if next < messages.count, messages[next].uid == uid {
                    columns.append(messages[next])
                    next += 1
                } else {
                    columns.appendMissing(uid)
                }
            }
            index = end
        }
        return columns
    }

    private static func keep(_ columns: MessageColumns, of mailbox: Int64, _ state: inout State) {
        remove(mailbox, &state)
        guard columns.count <= maximumRows else { return }
        while state.rows + columns.count > maximumRows, let oldest = state.order.first {
            remove(oldest, &state)
        }
        state.columns[mailbox] = columns
        state.order.append(mailbox)
        state.rows += columns.count
    }

    private static func touch(_ mailbox: Int64, _ state: inout State) {
        guard state.order.last != mailbox, let index = state.order.firstIndex(of: mailbox) else {
            return
        }
        state.order.remove(at: index)
        state.order.append(mailbox)
    }

    private static func remove(_ mailbox: Int64, _ state: inout State) {
        guard let columns = state.columns.removeValue(forKey: mailbox) else { return }
        state.rows -= columns.count
        state.order.removeAll { $0 == mailbox }
    }
}
