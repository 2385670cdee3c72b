internal import IMAP
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage

/// FETCH and UID FETCH (RFC 9051 section 6.4.5, RFC 7162, RFC 9394).
///
/// Messages that another session has expunged are passed over; a client that named them by sequence
/// numbers learns so from [EXPUNGEISSUED].
extension IMAPSession {
    func fetch(_ command: FetchCommand) async throws(CommandFailure) -> Completion {
        let selected = try selectedMailbox()
        if command.vanished {
            // RFC 7162 section 3.2.6.
            guard command.isUID, command.changedSince != nil, enabled.contains(.qresync) else {
                throw .bad("VANISHED needs UID FETCH, CHANGEDSINCE and QRESYNC")
            }
        }
        var uids = try resolve(command.messages, isUID: command.isUID)
        var items = command.items
        if command.changedSince != nil, !items.contains(.modSequence) { items.append(.modSequence) }
        if items.contains(.modSequence) { enableCondstore() }
        if let modSequence = command.changedSince {
            uids = changed(uids, since: modSequence, in: selected.live)
            if command.vanished {
                try await writeVanished(command.messages, since: modSequence, in: selected)
            }
        }
        if let partial = command.partial { uids = Array(partial.part(of: uids)) }
        let outcome = try await writeFetch(items, of: uids, withUID: command.isUID)
        if let failure = outcome.failure { return failure }
        if outcome.missing > 0, !command.isUID {
            return .ok("Some messages are expunged already", code: "EXPUNGEISSUED")
        }
        return .ok("FETCH completed")
    }

    /// RFC 7162 section 3.1.4.1.
    private func changed(_ uids: [UInt32], since modSequence: UInt64, in mailbox: LiveMailbox)
        -> [UInt32]
    {
        mailbox.withState { state in
            guard state.highestModSequence > modSequence else { return [] }
            return uids.filter { uid in
                state.index(of: uid).map { state.modSequences[$0] > modSequence } ?? false
            }
        }
    }

    /// `VANISHED (EARLIER)`: what the client may still know and is gone. What this session counts
    /// still will be told as any expunge is.
    private func writeVanished(
        _ messages: SequenceSet, since modSequence: UInt64, in selected: SelectedMailbox
    ) async throws(CommandFailure) {
        var gone: UIDSet
        do throws(MailError) {
            gone = try await service.mailboxes.storage.vanished(
                since: modSequence, in: selected.live.id)
        } catch { throw refusal(error) }
        let wanted =
            messages.isSavedResult
            ? selected.savedResult : messages.resolved(largest: max(selected.view.uidNext, 2) - 1)
        gone = gone.intersection(wanted).subtracting(ascending: selected.view.uids)
        guard !gone.isEmpty else { return }
        output.writeStaticString("* VANISHED (EARLIER) ")
        output.writeUIDSet(gone)
        output.writeStaticString("\r\n")
        try await breathe()
    }
}

extension PartialRange {
    /// RFC 9394 section 3.1: positions from 1, or from -1 for the last.
    func part<Element>(of elements: [Element]) -> ArraySlice<Element> {
        let count = Int64(elements.count)
        let (low, high) = (min(first, last), max(first, last))
        let start = low > 0 ? low - 1 : max(count + low, 0)
        let end = high > 0 ? min(high, count) : count + high + 1
        guard start < end else { return [] }
        return elements[Int(start)..<Int(end)]
    }
}

extension UIDSet {
    func intersection(_ other: UIDSet) -> UIDSet {
        var common: [ClosedRange<UInt32>] = []
        var (mine, theirs) = (ranges[...], other.ranges[...])
        while let a = mine.first, let b = theirs.first {
            let (low, high) = (max(a.lowerBound, b.lowerBound), min(a.upperBound, b.upperBound))
            if low <= high { common.append(low...high) }
            if a.upperBound < b.upperBound { mine.removeFirst() } else { theirs.removeFirst() }
        }
        return UIDSet(common)
    }

    /// Without these numbers, which ascend.
    func subtracting(ascending numbers: [UInt32]) -> UIDSet {
        var left: [ClosedRange<UInt32>] = []
        for range in ranges {
            var low = range.lowerBound
            var index = numbers.position(of: low)
            while index < numbers.count, numbers[index] <= range.upperBound {
                if numbers[index] > low { left.append(low...numbers[index] - 1) }
                if numbers[index] == range.upperBound { break }
                low = numbers[index] + 1
                index += 1
            }
            if index == numbers.count || numbers[index] > range.upperBound {
                left.append(low...range.upperBound)
            }
        }
        return UIDSet(left)
    }
}
