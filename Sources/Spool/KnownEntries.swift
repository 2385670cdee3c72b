internal import MailModel
internal import Storage

/// Whole entries in memory: of messages in work, and, within bounds, of new mail whose first
/// attempt comes soon. They spare reading what is known anyhow.
///
/// An entry is here only while it is certainly what the store has: what is read while something of
/// the message is being recorded is not kept, and what is recorded is either repeated here exactly
/// or the entry is dropped.
struct KnownEntries {
    /// Permission to keep what is read from now on.
    struct Ticket { fileprivate let version: Int }

    private struct Known {
        var entry: QueueEntry?
        /// Leases and operators that work on the message.
        var users = 0
        /// Updates that are being recorded.
        var updates = 0
        var version = 0
        /// Other shares than those in work have changed, or may have.
        var isRearranged = false
    }

    private let maximumCount: Int
    private let maximumOctets: Int
    private var known: [QueueID: Known] = [:]
    /// Of those that nobody works on.
    private var idleCount = 0
    private var idleOctets = 0

    init(limits: SpoolConfiguration) {
        maximumCount = limits.maximumKeptEntries
        maximumOctets = limits.maximumKeptOctets
    }

    /// Keeps the entry of a new message for its first attempt, if there is room.
    ///
    /// The engine announces recipients with mailboxes here by themselves, after the others: then
    /// neither announcement is the whole entry.
    mutating func announce(_ entry: QueueEntry) {
        if let one = known[entry.id] {
            if one.users == 0 { removeIdle(entry.id) } else { invalidate(entry.id) }
        } else if entry.recipients.allSatisfy(\.isNewAndElsewhere) {
            keepIdle(Known(entry: entry), entry)
        }
    }

    /// Begins work on a message. Without an entry, it is to be read.
    mutating func begin(_ id: QueueID) -> (entry: QueueEntry?, Ticket) {
        if known[id]?.users == 0 { takeIdle(id) }
        known[id, default: Known()].users += 1
        return (known[id]!.entry, ticket(id))
    }

    func entry(_ id: QueueID) -> (entry: QueueEntry?, Ticket) { (known[id]?.entry, ticket(id)) }

    private func ticket(_ id: QueueID) -> Ticket {
        guard let one = known[id], one.updates == 0 else { return Ticket(version: -1) }
        return Ticket(version: one.version)
    }

    mutating func store(_ entry: QueueEntry, _ ticket: Ticket) {
        guard let one = known[entry.id], one.version == ticket.version else { return }
        known[entry.id]?.entry = entry
    }

    mutating func willUpdate(_ id: QueueID) {
        guard known[id] != nil else { return }
        known[id]!.updates += 1
        known[id]!.version += 1
    }

    /// - Parameter results: nil when it is not known what was recorded.
    mutating func didUpdate(
        _ id: QueueID, _ updates: [RecipientUpdate], _ results: [RecipientResult]?
    ) {
        guard var one = known.removeValue(forKey: id) else { return }
        one.updates -= 1
        one.version += 1
        let isExact = results.map { one.entry?.repeatUpdates(updates, $0) ?? false } ?? false
        if !isExact { one.entry = nil }
        if !updates.allSatisfy(\.staysWithinShare) { one.isRearranged = true }
        known[id] = one
    }

    /// Whether shares beside those in work are to be planned anew; it is for the caller to do.
    mutating func takeRearranged(_ id: QueueID) -> Bool {
        guard known[id]?.isRearranged == true else { return false }
        known[id]!.isRearranged = false
        return true
    }

    mutating func setRearranged(_ id: QueueID) { known[id]?.isRearranged = true }

    /// Ends work on a message.
    /// - Parameter isNeeded: more of it will be in work soon.
    mutating func end(_ id: QueueID, isNeeded: Bool) {
        guard var one = known[id] else { return }
        one.users -= 1
        guard one.users == 0 else {
            known[id] = one
            return
        }
        known[id] = nil
        if isNeeded, let entry = one.entry, !entry.recipients.isEmpty { keepIdle(one, entry) }
    }

    private mutating func invalidate(_ id: QueueID) {
        known[id]!.entry = nil
        known[id]!.version += 1
        known[id]!.isRearranged = true
    }

    // MARK: Nobody works on them

    private mutating func keepIdle(_ one: Known, _ entry: QueueEntry) {
        let octets = entry.octetsInMemory
        guard idleCount < maximumCount, idleOctets + octets <= maximumOctets else { return }
        known[entry.id] = one
        idleCount += 1
        idleOctets += octets
    }

    private mutating func takeIdle(_ id: QueueID) {
        idleCount -= 1
        idleOctets -= known[id]?.entry?.octetsInMemory ?? 0
    }

    private mutating func removeIdle(_ id: QueueID) {
        takeIdle(id)
        known[id] = nil
    }
}

extension QueueRecipient {
    fileprivate var isNewAndElsewhere: Bool {
        guard state == .active, attempts == 0 else { return false }
        return if case .mailbox = routed.route { false } else { true }
    }
}

extension RecipientUpdate {
    /// What follows from it concerns the share only that its recipient belongs to.
    fileprivate var staysWithinShare: Bool {
        switch self {
        case .relayed, .complete, .postpone: true
        case .deliverLocally, .fail, .hold, .release, .replace: false
        }
    }
}

extension QueueEntry {
    /// About.
    fileprivate var octetsInMemory: Int { 512 + 384 * recipients.count }

    /// Does to the entry what the store has done; false when that can't be told exactly.
    fileprivate mutating func repeatUpdates(
        _ updates: [RecipientUpdate], _ results: [RecipientResult]
    ) -> Bool {
        for (update, result) in zip(updates, results) {
            guard case .recorded = result,
                let index = recipients.firstIndex(where: { $0.number == update.number })
            else { return false }
            switch update {
            case .relayed, .complete: recipients.remove(at: index)
            case .postpone(_, let until, let error, let delayReported):
                recipients[index].state = .deferred
                recipients[index].attempts += 1
                recipients[index].nextAttempt = until
                recipients[index].lastError = error
                recipients[index].delayReported = delayReported
            case .deliverLocally, .fail, .hold, .release, .replace: return false
            }
        }
        return true
    }
}
