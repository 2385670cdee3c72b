package import MailModel
package import Storage

/// A mailbox as one session has been told of it: message n is `uids[n - 1]` (RFC 9051 section
/// 2.3.1.2). It changes in `synchronize` only, and in `remove` for what the session itself
/// has expunged while all else waits; their results the session tells its client.
///
/// The UIDs are shared with the mailbox (copy on write) while the two agree, so that an idle view of
/// a large mailbox costs nothing.
package struct MailboxView {
    package let mailbox: LiveMailbox
    package private(set) var uids: [UInt32]
    /// UIDs from this one on are not known to the session.
    package private(set) var uidNext: UInt32
    /// Every change up to here has been told, but for expunges held back.
    package private(set) var modSequence: UInt64
    /// Every expunge up to here has been told.
    private var expungesTold: UInt64
    /// Every change up to here has been told: less than `modSequence` while expunges are held back.
    package var completeModSequence: UInt64 { min(expungesTold, modSequence) }
    /// What the session has told of its own accord, by UID.
    private var acknowledged: [UInt32: UInt64] = [:]

    package init(_ mailbox: LiveMailbox) {
        self.mailbox = mailbox
        let state = mailbox.withState { ($0.uids, $0.uidNext, $0.highestModSequence) }
        (uids, uidNext, modSequence) = state
        expungesTold = modSequence
    }

    // MARK: Numbers

    package var count: Int { uids.count }
    package var largestUID: UInt32 { uids.last ?? 0 }

    package func sequenceNumber(of uid: UInt32) -> Int? {
        uids.index(ofSorted: uid).map { $0 + 1 }
    }

    /// Nil when there is no such message.
    package func uid(at sequenceNumber: Int) -> UInt32? {
        uids.indices.contains(sequenceNumber - 1) ? uids[sequenceNumber - 1] : nil
    }

    /// Nil when a number is too large.
    package func uids(atSequenceNumbers set: UIDSet) -> [UInt32]? {
        guard Int(set.last ?? 0) <= uids.count else { return nil }
        if set.count == uids.count { return uids }
        var found: [UInt32] = []
        found.reserveCapacity(set.count)
        for range in set.ranges {
            found += uids[Int(range.lowerBound) - 1..<Int(range.upperBound)]
        }
        return found
    }

    /// The existing ones of these UIDs, ascending.
    package func uids(in set: UIDSet) -> [UInt32] {
        if let first = set.first, let last = set.last, set.ranges.count == 1,
            first <= uids.first ?? 0, last >= largestUID
        {
            return uids
        }
        var found: [UInt32] = []
        for range in set.ranges {
            let start = uids.position(of: range.lowerBound)
            let end =
                range.upperBound == .max
                ? uids.count : uids.position(of: range.upperBound + 1)
            if start < end { found += uids[start..<end] }
        }
        return found
    }

    // MARK: What is new

    /// The session has told its client of these (or .SILENT forbade it): they are not told again
    /// unless they change anew.
    package mutating func acknowledge(_ messages: some Sequence<FlaggedMessage>) {
        for message in messages where message.modSequence > modSequence {
            acknowledged[message.uid] = message.modSequence
        }
    }

    /// Whether the session has told its client these flags.
    package func isTold(_ message: FlaggedMessage) -> Bool {
        message.modSequence <= modSequence
            || acknowledged[message.uid].map { $0 >= message.modSequence } ?? false
    }

    /// Lets go of messages that the session itself has removed, while all else waits.
    /// - Returns: what to tell the client, the last message first.
    package mutating func remove(_ gone: [UInt32]) -> [ViewUpdates.Expunged] {
        let numbers = gone.compactMap { uids.index(ofSorted: $0) }.sorted(by: >)
        let expunged = numbers.map { ViewUpdates.Expunged(sequenceNumber: $0 + 1, uid: uids[$0]) }
        let removed = Set(gone)
        if !expunged.isEmpty { uids.removeAll { removed.contains($0) } }
        return expunged
    }

    /// Brings the view up to date.
    /// - Parameter allowExpunge: otherwise messages that are gone keep their numbers for now (RFC 9051
    ///   section 7.5.1).
    /// - Returns: what to tell the client; nil when there is nothing.
    package mutating func synchronize(allowExpunge: Bool) -> ViewUpdates? {
        var view = self
        defer { self = view }
        return mailbox.withState { state in view.synchronize(state, allowExpunge) }
    }

    private mutating func synchronize(_ state: LiveState, _ allowExpunge: Bool)
        -> ViewUpdates?
    {
        let now = state.highestModSequence
        let hasNews = now != modSequence
        let mayExpunge = allowExpunge && expungesTold != now
        guard hasNews || mayExpunge || state.isDeleted else { return nil }

        var updates = ViewUpdates(isDeleted: state.isDeleted)
        if hasNews { updates.flagged = flagChanges(in: state) }
        let holdsGone = expungesTold != now && holdsGoneMessages(state)
        if mayExpunge, holdsGone { updates.expunged = expunged(in: state) }
        if allowExpunge || !holdsGone {
            expungesTold = now
        }

        let known = count - updates.expunged.count
        if allowExpunge || !holdsGone {
            uids = state.uids
        } else {
            uids += state.uids[state.position(of: uidNext)...]
        }
        if count != known { updates.exists = count }
        uidNext = state.uidNext
        modSequence = now
        acknowledged.removeAll()
        return updates.isEmpty ? nil : updates
    }

    private func flagChanges(in state: LiveState) -> [FlaggedMessage] {
        var changed: [UInt32] = []
        if let entries = state.journal.changes(after: modSequence) {
            for case (_, .flagged(let uid)) in entries { changed.append(uid) }
            if changed.count > 1 {
                changed.sort()
                changed = changed.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
            }
        } else {
            for index in state.uids.indices where state.modSequences[index] > modSequence {
                changed.append(state.uids[index])
            }
        }
        var messages: [FlaggedMessage] = []
        for uid in changed where uid < uidNext {
            guard let index = state.index(of: uid) else { continue }
            let since = state.modSequences[index]
            if let told = acknowledged[uid], told >= since { continue }
            messages.append(
                FlaggedMessage(uid: uid, flags: state.flags[index], modSequence: since))
        }
        return messages
    }

    /// Whether the session still counts messages that the mailbox has not any more.
    private func holdsGoneMessages(_ state: LiveState) -> Bool {
        count != state.position(of: uidNext)
    }

    /// Those messages, the last one first: each number is right when it is told.
    private func expunged(in state: LiveState) -> [ViewUpdates.Expunged] {
        var gone: [ViewUpdates.Expunged] = []
        if let entries = state.journal.changes(after: expungesTold) {
            for case (_, .expunged(let uid)) in entries {
                if let number = sequenceNumber(of: uid) {
                    gone.append(.init(sequenceNumber: number, uid: uid))
                }
            }
            gone.sort { $0.uid > $1.uid }
            return gone
        }
        var other = state.uids.count - 1
        for index in uids.indices.reversed() {
            while other >= 0, state.uids[other] > uids[index] { other -= 1 }
            if other < 0 || state.uids[other] != uids[index] {
                gone.append(.init(sequenceNumber: index + 1, uid: uids[index]))
            }
        }
        return gone
    }
}
