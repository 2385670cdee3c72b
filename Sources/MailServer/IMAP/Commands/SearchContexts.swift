internal import IMAP
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage

/// A search whose client is told of every change of its result (RFC 5267 section 4.3).
struct SearchContext {
    let tag: String
    let isUID: Bool
    let query: SearchQuery
    /// Nil for a SEARCH, whose results are in the mailbox's order.
    let criteria: [SortCommand.Criterion]?
    /// UIDs, in the order of the results.
    var results: [UInt32]
}

/// The searches of a selected mailbox that are kept up to date.
struct SearchContexts {
    /// More are refused with [NOUPDATE].
    static let maximum = 16

    private(set) var all: [SearchContext] = []
    /// Changes up to here are in the results.
    var checked: UInt64 = 0

    var isEmpty: Bool { all.isEmpty }

    func contains(_ tag: String) -> Bool { all.contains { $0.tag == tag } }

    /// - Parameter modSequence: what the session's view knows.
    mutating func add(_ context: SearchContext, at modSequence: UInt64) {
        if all.isEmpty { checked = modSequence }
        all.append(context)
    }

    mutating func cancel(_ tags: [String]) { all.removeAll { tags.contains($0.tag) } }

    mutating func set(_ results: [UInt32], of index: Int) { all[index].results = results }
}

extension IMAPSession {
    /// Keeps a search that asks for UPDATE, or tells that it can't be kept.
    func keepContext(
        _ command: SearchCommand, _ criteria: [SortCommand.Criterion]?, _ query: SearchQuery,
        _ positions: [Int], _ search: MailboxSearch, _ returns: [SearchReturn], _ tag: String
    ) {
        guard returns.contains(.update), let selected else { return }
        // An order of relevancy changes with every message.
        let canUpdate =
            selected.contexts.all.count < SearchContexts.maximum && query.fuzzyTests.isEmpty
            && criteria?.contains { $0.key == .relevancy } != true
        guard canUpdate else {
            output.writeUntagged(.no, code: "NOUPDATE \"\(tag)\"", "Result will not be updated")
            return
        }
        selected.contexts.add(
            SearchContext(
                tag: tag, isUID: command.isUID, query: query, criteria: criteria,
                results: positions.map { search.uids[$0] }),
            at: selected.view.modSequence)
    }

    /// Tells which results go with expunged messages: before the expunges themselves, as the numbers
    /// are those of before (RFC 5267 section 4.3.4). The view has let them go already.
    func updateContexts(before expunged: [ViewUpdates.Expunged]) {
        guard let selected, !selected.contexts.isEmpty, !expunged.isEmpty else { return }
        let numbers = Dictionary(
            expunged.map { ($0.uid, UInt32($0.sequenceNumber)) }, uniquingKeysWith: { $1 })
        for (index, context) in selected.contexts.all.enumerated() {
            let left = context.results.filter { numbers[$0] == nil }
            guard left.count < context.results.count else { continue }
            let update = ContextUpdate(
                from: context.results, to: left, isOrdered: context.criteria != nil
            ) { context.isUID ? $0 : numbers[$0] ?? 0 }
            update.write(tag: context.tag, isUID: context.isUID, to: &output)
            selected.contexts.set(left, of: index)
        }
    }

    /// Tells what new messages and changed flags, this session's own changes too, have done to the
    /// results: after they have been told themselves.
    func updateContexts() async throws(CommandFailure) {
        guard let selected, !selected.contexts.isEmpty else { return }
        let view = selected.view
        let checked = selected.contexts.checked
        guard view.modSequence > checked else { return }
        let changed = selected.live.withState { state in
            PositionSet(
                size: view.count,
                state.uids.indices.lazy.filter { state.modSequences[$0] > checked }
                    .compactMap { view.uids.index(ofSorted: state.uids[$0]) })
        }
        selected.contexts.checked = view.modSequence
        for (index, context) in selected.contexts.all.enumerated() {
            let search = MailboxSearch(
                self, selected.live, uids: view.uids, saved: UIDSet(), tag: context.tag)
            let candidates =
                context.query.usesSequenceNumbers ? PositionSet.all(view.count) : changed
            guard !candidates.isEmpty else { continue }
            let matching = try await context.query.evaluate(on: search, among: candidates)
            try await update(context, index, candidates, matching, search, selected)
            try await breathe()
        }
    }

    private func update(
        _ context: SearchContext, _ index: Int, _ candidates: PositionSet,
        _ matching: PositionSet, _ search: MailboxSearch, _ selected: SelectedMailbox
    ) async throws(CommandFailure) {
        var positions = PositionSet(size: search.size)
        for uid in context.results {
            if let position = search.uids.index(ofSorted: uid) { positions.insert(position) }
        }
        positions.subtract(candidates)
        positions.formUnion(matching)
        var ordered = positions.positions
        let known = Set(context.results)
        if let criteria = context.criteria {
            if ordered.contains(where: { !known.contains(search.uids[$0]) }) {
                ordered = try await sorted(ordered, criteria, search)
            } else {
                let left = Set(ordered)
                ordered = context.results.compactMap { search.uids.index(ofSorted: $0) }
                    .filter { left.contains($0) }
            }
        }
        let results = ordered.map { search.uids[$0] }
        let update = ContextUpdate(
            from: context.results, to: results, isOrdered: context.criteria != nil
        ) { uid in
            context.isUID ? uid : search.uids.index(ofSorted: uid).map { UInt32($0 + 1) } ?? 0
        }
        update.write(tag: context.tag, isUID: context.isUID, to: &output)
        // CANCELUPDATE can't have come meanwhile: commands run one after the other.
        selected.contexts.set(results, of: index)
    }
}
