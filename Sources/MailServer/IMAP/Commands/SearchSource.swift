internal import IMAP
internal import InternetMessage
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage

/// A mailbox as one command searches it: the messages of a view, their flags as they are now, and what
/// the store, the cache and the text index know of them.
final class MailboxSearch: SearchSource {
    /// Messages read at once at most, in number, with copies, and octets; keys taken from the cache.
    private static let portion = 64
    private static let portionRows = 4096
    private static let portionOctets = 1 << 20
    private static let keyPortion = 500

    let live: LiveMailbox
    let uids: [UInt32]
    private let session: IMAPSession
    private let saved: UIDSet
    private var progress: SearchProgress
    private var loaded: MessageColumns?
    /// How well messages match approximate conditions, by position (RFC 6203).
    private(set) var scores: [Int: Double] = [:]

    /// - Parameter saved: "$".
    init(
        _ session: IMAPSession, _ live: LiveMailbox, uids: [UInt32], saved: UIDSet, tag: String
    ) {
        self.session = session
        self.live = live
        self.uids = uids
        self.saved = saved
        progress = SearchProgress(tag: tag)
    }

    var size: Int { uids.count }

    /// The messages that are still there; the client has perhaps not been told of all that are gone.
    var present: PositionSet {
        live.withState { state in
            if state.uids == uids { return .all(uids.count) }
            return PositionSet(
                size: uids.count, uids.indices.lazy.filter { state.index(of: self.uids[$0]) != nil })
        }
    }

    func columns() async throws(CommandFailure) -> MessageColumns {
        if let loaded { return loaded }
        do throws(MailError) {
            let columns = try await session.service.textIndex.catalog.columns(
                of: live.id, uids: uids)
            loaded = columns
            return columns
        } catch {
            throw session.refusal(error)
        }
    }

    /// Mod-sequences of messages in the mailbox; 0 for one that is gone.
    func modSequences(_ positions: [Int]) -> [UInt64] {
        live.withState { state in
            positions.map { state.index(of: self.uids[$0]).map { state.modSequences[$0] } ?? 0 }
        }
    }

    // MARK: Conditions

    func select(_ test: SearchTest, among candidates: PositionSet)
        async throws(CommandFailure) -> PositionSet
    {
        switch test {
        case .sequence(let set):
            if set.isSavedResult { return positions(of: saved, among: candidates) }
            var found = PositionSet(
                size: size, sequenceNumbers: set.resolved(largest: UInt32(size)))
            found.formIntersection(candidates)
            return found
        case .uid(let set):
            return positions(
                of: set.isSavedResult ? saved : set.resolved(largest: uids.last ?? 0),
                among: candidates)
        case .flags(let wanted):
            return filter(candidates) { flags, _ in flags.system.isSuperset(of: wanted) }
        case .keyword(let name):
            let sets = keywordSets(with: name)
            return filter(candidates) { flags, _ in sets.contains(flags.keywords) }
        case .modSequence(let least):
            return filter(candidates) { _, modSequence in modSequence >= least }
        case .internalDate(let range):
            let columns = try await columns()
            return candidates.filter { range.contains(columns.internalDates[$0]) }
        case .savedDate(let range):
            let columns = try await columns()
            return candidates.filter { range.contains(columns.savedDates[$0]) }
        case .size(let range):
            let columns = try await columns()
            return candidates.filter { range.contains(UInt64(columns.sizes[$0])) }
        case .emailID(let id):
            let columns = try await columns()
            guard id.hasPrefix("M"), let number = QueueID(id.dropFirst()),
                ObjectID.email(of: number) == id
            else { return PositionSet(size: size) }
            return candidates.filter { columns.ids[$0] == number.rawValue }
        case .threadID(let id):
            var found = PositionSet(size: size)
            try await forEachKeys(candidates.positions) { position, keys, columns in
                let message = columns.reference(position).id
                if let keys, ObjectID.thread(of: message, keys) == id { found.insert(position) }
            }
            return found
        case .sentDay(let range):
            var found = PositionSet(size: size)
            try await forEachKeys(candidates.positions) { position, keys, columns in
                // A message without a date was sent on no day.
                if let day = keys?.sentDay, range.contains(day) { found.insert(position) }
            }
            return found
        case .text(let test):
            return try await find(test, among: candidates)
        }
    }

    private func positions(of set: UIDSet, among candidates: PositionSet) -> PositionSet {
        var found = PositionSet(size: size)
        for range in set.ranges {
            let start = uids.position(of: range.lowerBound)
            let end = range.upperBound == .max ? size : uids.position(of: range.upperBound + 1)
            if start < end { found.insert(start..<end) }
        }
        found.formIntersection(candidates)
        return found
    }

    private func filter(
        _ candidates: PositionSet, _ isIncluded: (StoredFlags, UInt64) -> Bool
    ) -> PositionSet {
        live.withState { state in
            if state.uids == uids {
                return candidates.filter { isIncluded(state.flags[$0], state.modSequences[$0]) }
            }
            return candidates.filter { position in
                guard let index = state.index(of: uids[position]) else { return false }
                return isIncluded(state.flags[index], state.modSequences[index])
            }
        }
    }

    private func keywordSets(with name: String) -> Set<UInt32> {
        let table = session.service.mailboxes.storage.keywords
        return live.withState { $0.keywordSets }.filter { set in
            table.keywords(of: set).contains { $0.lowercased() == name }
        }
    }

    // MARK: Keys

    /// Calls with what sorting and threading know of each message, nil for one that can't be read.
    /// - Parameter positions: in any order.
    func forEachKeys(
        _ positions: [Int], _ body: (Int, MessageKeys.Values?, MessageColumns) -> Void
    ) async throws(CommandFailure) {
        let columns = try await columns()
        var start = 0
        while start < positions.count {
            let end = min(start + Self.keyPortion, positions.count)
            let part = positions[start..<end]
            let keys = await session.service.cache.keys(of: part.map { columns.reference($0) })
            for (position, keys) in zip(part, keys) { body(position, keys?.values, columns) }
            start = end
            try await progress.tell(start, of: positions.count, session)
        }
    }

    // MARK: Text

    private func find(_ test: TextTest, among candidates: PositionSet)
        async throws(CommandFailure) -> PositionSet
    {
        let columns = try await columns()
        let index = session.service.textIndex
        let condition = TextCondition(test)
        let rows = candidates.positions
        var matches = await index.find(condition, in: live.account, columns, rows: rows)
        var found = PositionSet(size: size, matches.matched)
        // Copies of one message stand together, so that it is read once.
        let unread = matches.unread.sorted { columns.ids[$0] < columns.ids[$1] }
        var start = 0
        while start < unread.count {
            let end = portionEnd(from: start, of: unread, columns)
            do throws(MailError) {
                let read = try await index.read(
                    condition, in: live.account, of: live.id, columns,
                    rows: unread[start..<end])
                for row in read { found.insert(row) }
            } catch {
                throw session.refusal(error)
            }
            start = end
            try await progress.tell(
                rows.count - unread.count + start, of: rows.count, session)
        }
        if condition.isFuzzy {
            if !unread.isEmpty {
                // They are indexed now.
                matches = await index.find(condition, in: live.account, columns, rows: rows)
                for row in matches.matched { found.insert(row) }
            }
            scores.merge(matches.scores) { $0 + $1 }
        }
        return found
    }

    private func portionEnd(from start: Int, of rows: [Int], _ columns: MessageColumns) -> Int {
        var end = start
        var messages = 0
        var octets = 0
        var last: UInt64 = 0
        while end < rows.count, end - start < Self.portionRows {
            let row = rows[end]
            if columns.ids[row] != last {
                guard messages < Self.portion, octets < Self.portionOctets else { break }
                messages += 1
                octets += columns.storedSizes[row]
                last = columns.ids[row]
            }
            end += 1
        }
        return end
    }
}

extension TextCondition {
    init(_ test: TextTest) {
        let field: Field
        switch test.field {
        case .from: field = .from
        case .to: field = .to
        case .cc: field = .cc
        case .bcc: field = .bcc
        case .subject: field = .subject
        case .body: field = .body
        case .text: field = .text
        case .header(let name): field = .header(TextNormalizer.normalize(name, keepsLines: false))
        }
        // Within a field there are no line ends; in a body they stand where the message has them.
        self.init(
            field: field, needle: TextNormalizer.normalize(test.needle), isFuzzy: test.isFuzzy)
    }
}
