import MailModel
import Synchronization

/// INBOXes as they were last listed, so that a login to a mailbox which has not changed asks no
/// index.
///
/// Exact: `invalidate` comes after a commit and before anybody is told of it, and a listing that was
/// begun before is not taken any more. Two generations of bounded size: when the young one is full
/// it becomes the old one, and what the old one held and nobody asked for is forgotten.
final class ListingCache: Sendable {
    /// Permission to store what is read from now on.
    struct Ticket: Sendable {
        fileprivate let account: AccountID
        fileprivate let version: UInt64
    }

    /// Messages of a generation; a mailbox itself counts for some.
    private let generationSize: Int
    private static let mailboxWeight = 4
    /// Accounts share version counters: a foreign change costs a listing that is being read its
    /// place here, no more.
    private static let versionCount = 1024

    private struct State {
        var young: [AccountID: MailboxListing] = [:]
        var old: [AccountID: MailboxListing] = [:]
        var weight = 0
        var versions = [UInt64](repeating: 0, count: ListingCache.versionCount)
    }

    private let state = Mutex(State())

    init(generationSize: Int = 100_000) {
        self.generationSize = generationSize
    }

    private static func slot(_ account: AccountID) -> Int {
        Int(bitPattern: UInt(bitPattern: account.hashValue) % UInt(versionCount))
    }

    /// What is known, or else the ticket for storing what the caller reads.
    func find(_ account: AccountID) -> (MailboxListing?, Ticket) {
        state.withLock { state in
            let ticket = Ticket(account: account, version: state.versions[Self.slot(account)])
            if let listing = state.young[account] { return (listing, ticket) }
            guard let listing = state.old.removeValue(forKey: account) else { return (nil, ticket) }
            add(listing, account, &state)
            return (listing, ticket)
        }
    }

    func store(_ listing: MailboxListing, _ ticket: Ticket) {
        state.withLock { state in
            guard state.versions[Self.slot(ticket.account)] == ticket.version,
                state.young[ticket.account] == nil
            else { return }
            state.old[ticket.account] = nil
            add(listing, ticket.account, &state)
        }
    }

    private func add(_ listing: MailboxListing, _ account: AccountID, _ state: inout State) {
        let weight = Self.mailboxWeight + listing.messages.count
        guard weight <= generationSize else { return }
        if state.weight + weight > generationSize {
            state.old = state.young
            state.young = [:]
            state.weight = 0
        }
        state.young[account] = listing
        state.weight += weight
    }

    /// Every kind of change makes the listing stale: UIDs, flags and counters are all in it. (What no
    /// mailbox has any more was announced by the change that removed it.)
    func invalidate(_ changes: [MailboxChange]) {
        guard !changes.isEmpty else { return }
        state.withLock { state in
            for change in changes {
                let account = change.account
                state.versions[Self.slot(account)] &+= 1
                state.old[account] = nil
                if let gone = state.young.removeValue(forKey: account) {
                    state.weight -= Self.mailboxWeight + gone.messages.count
                }
            }
        }
    }
}
