import MailModel
import Synchronization

/// Mailboxes as the last commit left them, by owner and name, so that a command which names one asks
/// no index.
///
/// Exact: `apply` comes after a commit and before anybody is told of it, and what was read before is
/// not taken any more. Two generations of bounded size: when the young one is full it becomes the
/// old one, and what the old one held and nobody asked for is forgotten.
final class StatusCache: Sendable {
    /// Permission to store what is read from now on.
    struct Ticket: Sendable {
        fileprivate let account: AccountID
        fileprivate let version: UInt64
    }

    private struct Key: Hashable {
        var account: AccountID
        var name: String
    }

    /// Mailboxes of a generation.
    private let generationSize: Int
    /// Accounts share version counters: a foreign change costs a mailbox that is being read its place
    /// here, no more.
    private static let versionCount = 256

    private struct State {
        var young: [Key: MailboxStatus] = [:]
        var old: [Key: MailboxStatus] = [:]
        var versions = [UInt64](repeating: 0, count: StatusCache.versionCount)
    }

    private let state = Mutex(State())

    init(generationSize: Int = 4096) {
        self.generationSize = generationSize
    }

    private static func slot(_ account: AccountID) -> Int {
        Int(bitPattern: UInt(bitPattern: account.hashValue) % UInt(versionCount))
    }

    /// What is known, or else the ticket for storing what the caller reads.
    func find(_ name: String, of account: AccountID) -> (MailboxStatus?, Ticket) {
        let key = Key(account: account, name: name)
        return state.withLock { state in
            let ticket = Ticket(account: account, version: state.versions[Self.slot(account)])
            if let status = state.young[key] { return (status, ticket) }
            guard let status = state.old.removeValue(forKey: key) else { return (nil, ticket) }
            add(status, key, &state)
            return (status, ticket)
        }
    }

    func store(_ status: MailboxStatus, _ ticket: Ticket) {
        let key = Key(account: status.account, name: status.name)
        state.withLock { state in
            guard state.versions[Self.slot(ticket.account)] == ticket.version,
                state.young[key] == nil
            else { return }
            state.old[key] = nil
            add(status, key, &state)
        }
    }

    private func add(_ status: MailboxStatus, _ key: Key, _ state: inout State) {
        if state.young.count >= generationSize {
            swap(&state.young, &state.old)
            state.young.removeAll(keepingCapacity: true)
        }
        state.young[key] = status
    }

    /// - Parameters:
    ///   - changes: of one transaction.
    ///   - statuses: mailboxes whose counters it changed, as they are now.
    func apply(_ changes: [MailboxChange], _ statuses: [MailboxStatus]) {
        guard !changes.isEmpty || !statuses.isEmpty else { return }
        state.withLock { state in
            for change in changes {
                let account = change.account
                switch change.kind {
                case .appended, .flagged, .expunged, .subscription, .access, .annotations, .removed:
                    continue
                case .created(let name), .deleted(let name), .renamed(let name, _):
                    remove(Key(account: account, name: name), &state)
                case .specialUses:
                    removeAll(of: account, &state)
                }
                state.versions[Self.slot(account)] &+= 1
            }
            for status in statuses {
                state.versions[Self.slot(status.account)] &+= 1
                let key = Key(account: status.account, name: status.name)
                if state.young[key] != nil {
                    state.young[key] = status
                } else if state.old[key] != nil {
                    state.old[key] = status
                }
            }
        }
    }

    private func remove(_ key: Key, _ state: inout State) {
        state.young[key] = nil
        state.old[key] = nil
    }

    private func removeAll(of account: AccountID, _ state: inout State) {
        state.young = state.young.filter { $0.key.account != account }
        state.old = state.old.filter { $0.key.account != account }
    }
}
