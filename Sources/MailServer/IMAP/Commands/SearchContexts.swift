internal import IMAP
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage
internal import Transport

/// A search whose client is told of every change of its result (RFC 5267 section 4.3).
struct SearchContext {
    let tag: String
    let isUID: Bool
    let query: SearchQuery
    /// Nil for a SEARCH, whose results are in the mailbox's order.
    let criteria: [SortCommand.Criterion]?
    /// What is told of new messages in the result (RFC 5465 section 7).
    let fetchItems: [FetchItem]
    /// UIDs, in the order of the results.
    var results: [UInt32]
}

/// What has become of a kept search's result.
struct ContextChange {
    let index: Int
    let context: SearchContext
    let update: ContextUpdate
    let results: [UInt32]

    /// UIDs.
    var added: Set<UInt32> { Set(results).subtracting(context.results) }
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
        guard case .update(let items)? = returns.first(where: \.isUpdate), let selected
        else { return }
        // An order of relevancy changes with every message.
        let canUpdate =
            selected.contexts.all.count < SearchContexts.maximum && query.fuzzyTests.isEmpty
            && criteria?.contains { $0.key == .relevancy } != true
        guard canUpdate else {
            output.writeUntagged(.no, code: "NOUPDATE \"\(tag)\"", "Result will not be updated")
            return
        }
        if items.contains(.modSequence) { enableCondstore() }
        selected.contexts.add(
            SearchContext(
                tag: tag, isUID: command.isUID, query: query, criteria: criteria,
                fetchItems: items, results: positions.map { search.uids[$0] }),
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
    ///
    /// - Parameter first: the first UID of new messages, whose items are told as well, before the
    ///   results if it is these that want them (RFC 5465 section 7), else behind them (section 5.2).
    func updateContexts(newFrom first: UInt32? = nil) async throws(CommandFailure) {
        guard let selected else { return }
        let changes = try await contextChanges(selected)
        let fetches = changes.filter { !$0.context.fetchItems.isEmpty }
        if let first, !fetches.isEmpty { try await fetchNew(from: first, fetches) }
        for change in changes {
            let context = change.context
            change.update.write(tag: context.tag, isUID: context.isUID, to: &output)
            // CANCELUPDATE can't have come meanwhile: commands run one after the other.
            selected.contexts.set(change.results, of: change.index)
        }
        if let first, fetches.isEmpty { try await fetchNew(from: first, []) }
    }

    private func contextChanges(_ selected: SelectedMailbox) async throws(CommandFailure)
        -> [ContextChange]
    {
        guard !selected.contexts.isEmpty else { return [] }
        let view = selected.view
        let checked = selected.contexts.checked
        guard view.modSequence > checked else { return [] }
        let changed = selected.live.withState { state in
            PositionSet(
                size: view.count,
                state.uids.indices.lazy.filter { state.modSequences[$0] > checked }
                    .compactMap { view.uids.index(ofSorted: state.uids[$0]) })
        }
        selected.contexts.checked = view.modSequence
        var changes: [ContextChange] = []
        for (index, context) in selected.contexts.all.enumerated() {
            let search = MailboxSearch(
                self, selected.live, uids: view.uids, saved: UIDSet(), tag: context.tag)
            let candidates =
                context.query.usesSequenceNumbers ? PositionSet.all(view.count) : changed
            guard !candidates.isEmpty else { continue }
            let matching = try await context.query.evaluate(on: search, among: candidates)
            let results = try await results(of: context, candidates, matching, search)
            let update = ContextUpdate(
                from: context.results, to: results, isOrdered: context.criteria != nil
            ) { uid in
                context.isUID ? uid : search.uids.index(ofSorted: uid).map { UInt32($0 + 1) } ?? 0
            }
            changes.append(
                ContextChange(index: index, context: context, update: update, results: results))
            await connection.giveWay()
        }
        return changes
    }

    private func results(
        of context: SearchContext, _ candidates: PositionSet, _ matching: PositionSet,
        _ search: MailboxSearch
    ) async throws(CommandFailure) -> [UInt32] {
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
        return ordered.map { search.uids[$0] }
    }
}
