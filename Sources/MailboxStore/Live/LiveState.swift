package import MailModel
import Storage

/// What a mailbox in use holds: a column each of UIDs, flags and mod-sequences, of equal length and
/// in the order of the UIDs, 20 octets a message in all.
package struct LiveState {
    package private(set) var name: String
    package private(set) var isDeleted = false
    /// How often the access list has changed while the mailbox was in use.
    package private(set) var accessChanges = 0
    package private(set) var uids: [UInt32]
    package private(set) var flags: [StoredFlags]
    package private(set) var modSequences: [UInt64]
    package private(set) var uidNext: UInt32
    package private(set) var highestModSequence: UInt64
    /// Sets of keywords (`KeywordTable`) that messages have or had while the mailbox was in use.
    package private(set) var keywordSets: Set<UInt32>
    package private(set) var specialUses: Set<SpecialUse>
    private(set) var journal: ChangeJournal

    init(_ contents: MailboxContents) {
        name = contents.status.name
        uids = contents.uids
        flags = contents.flags
        modSequences = contents.modSequences
        uidNext = contents.status.uidNext
        highestModSequence = contents.status.highestModSequence
        specialUses = contents.status.specialUses
        keywordSets = []
        for flags in contents.flags where flags.keywords != 0 { keywordSets.insert(flags.keywords) }
        journal = ChangeJournal(from: contents.status.highestModSequence)
    }

    /// Where this UID is, or where it would be.
    package func position(of uid: UInt32) -> Int { uids.position(of: uid) }

    package func index(of uid: UInt32) -> Int? { uids.index(ofSorted: uid) }

    /// Applies a committed change. One that the contents already had changes nothing.
    mutating func apply(_ kind: MailboxChange.Kind) {
        switch kind {
        case .appended(let messages): append(messages)
        case .flagged(let messages): flag(messages)
        case .expunged(let gone, let modSequence): remove(gone, modSequence)
        case .renamed(_, let to): name = to
        case .deleted: isDeleted = true
        case .access: accessChanges += 1
        case .created, .specialUses, .subscription, .annotations, .removed: break
        }
    }

    private mutating func append(_ messages: [FlaggedMessage]) {
        for message in messages where message.uid >= uidNext {
            uids.append(message.uid)
            flags.append(message.flags)
            modSequences.append(message.modSequence)
            uidNext = message.uid + 1
            note(message)
        }
    }

    private mutating func flag(_ messages: [FlaggedMessage]) {
        for message in messages {
            guard let index = index(of: message.uid), modSequences[index] < message.modSequence
            else { continue }
            flags[index] = message.flags
            modSequences[index] = message.modSequence
            journal.add(.flagged(message.uid), at: message.modSequence)
            note(message)
        }
    }

    private mutating func note(_ message: FlaggedMessage) {
        highestModSequence = max(highestModSequence, message.modSequence)
        if message.flags.keywords != 0 { keywordSets.insert(message.flags.keywords) }
    }

    private mutating func remove(_ gone: [UInt32], _ modSequence: UInt64) {
        highestModSequence = max(highestModSequence, modSequence)
        var places: [Int] = []
        for uid in gone {
            guard let index = index(of: uid) else { continue }
            places.append(index)
            journal.add(.expunged(uid), at: modSequence)
        }
        guard !places.isEmpty else { return }
        places.sort()
        uids.remove(atAscending: places)
        flags.remove(atAscending: places)
        modSequences.remove(atAscending: places)
    }
}

extension Array where Element == UInt32 {
    /// In an ascending array: where the number is, or where it would be.
    package func position(of number: UInt32) -> Int {
        // Without gaps, as most mailboxes are, it is where it would be then.
        if let first, number >= first {
            let guess = Int(number - first)
            if guess < count, self[guess] == number { return guess }
        }
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    package func index(ofSorted number: UInt32) -> Int? {
        let position = position(of: number)
        return position < count && self[position] == number ? position : nil
    }
}

extension Array {
    /// - Parameter places: ascending and different.
    mutating func remove(atAscending places: [Int]) {
        guard var kept = places.first else { return }
        var next = 0
        for index in kept..<count {
            if next < places.count, places[next] == index {
                next += 1
            } else {
                self[kept] = self[index]
                kept += 1
            }
        }
        removeLast(count - kept)
    }
}
