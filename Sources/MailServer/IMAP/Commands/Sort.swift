internal import IMAP
internal import InternetMessage
internal import MailModel
internal import MailboxStore
internal import NIOCore

/// SORT (RFC 5256, RFC 5957), ESORT (RFC 5267), with the order of relevancy (RFC 6203).
extension IMAPSession {
    func sort(_ command: SortCommand, _ tag: String) async throws(CommandFailure) -> Completion {
        let selected = try selectedMailbox()
        try checkCharset(command.search)
        let (query, returns) = try prepare(command.search, tag)
        return try await saving(returns, in: selected) { () throws(CommandFailure) in
            let search = MailboxSearch(
                self, selected.live, uids: selected.view.uids, saved: selected.savedResult, tag: tag)
            let found = try await query.evaluate(on: search, among: search.present).positions
            let positions = try await sorted(found, command.criteria, search)
            var reply = SearchReply(
                tag: tag, isUID: command.search.isUID, returns: returns,
                numbers: numbers(positions, command.search.isUID, search))
            if query.usesModSequences {
                enableCondstore()
                reply.modSequences = search.modSequences(positions)
            }
            if returns.contains(.relevancy) {
                reply.relevancies = relevancies(positions, search)
            }
            keepContext(command.search, command.criteria, query, positions, search, returns, tag)
            if command.search.returns == nil {
                reply.writePlain("SORT", to: &output)
            } else if reply.isWanted {
                reply.writeExtended(to: &output)
            }
            try await breathe()
            return (reply, search)
        }.completion("Sort completed", command.search)
    }

    /// - Parameter positions: ascending.
    func sorted(
        _ positions: [Int], _ criteria: [SortCommand.Criterion], _ search: MailboxSearch
    ) async throws(CommandFailure) -> [Int] {
        guard positions.count > 1 else { return positions }
        var builder = SortColumns(criteria)
        if builder.needsKeys {
            try await search.forEachKeys(positions) { position, keys, columns in
                builder.append(position, keys ?? MessageKeys.Values(), columns, search)
            }
        } else {
            let columns = try await search.columns()
            for position in positions {
                builder.append(position, MessageKeys.Values(), columns, search)
            }
        }
        let sorter = builder.sorter
        let rows = Array(positions.indices)
        let order = await service.textIndex.compute { sorter.sorted(rows) }
        return order.map { positions[$0] }
    }
}

/// The keys of a sort, gathered message by message.
private struct SortColumns {
    private let criteria: [SortCommand.Criterion]
    private var numbers: [[Int64]]
    private var strings: [StringColumn]

    init(_ criteria: [SortCommand.Criterion]) {
        self.criteria = criteria
        numbers = Array(repeating: [], count: criteria.count)
        strings = Array(repeating: StringColumn(), count: criteria.count)
    }

    /// Whether the cache is asked.
    var needsKeys: Bool {
        criteria.contains {
            switch $0.key {
            case .arrival, .size, .relevancy: false
            default: true
            }
        }
    }

    mutating func append(
        _ position: Int, _ keys: MessageKeys.Values, _ columns: MessageColumns,
        _ search: MailboxSearch
    ) {
        for (index, criterion) in criteria.enumerated() {
            switch criterion.key {
            case .arrival: numbers[index].append(columns.internalDates[position])
            case .size: numbers[index].append(Int64(columns.sizes[position]))
            // The best first.
            case .relevancy:
                numbers[index].append(-Int64((search.scores[position] ?? 0) * 1_000_000))
            case .date:
                numbers[index].append(
                    keys.sentDate?.milliseconds ?? columns.internalDates[position])
            case .subject: strings[index].append(keys.baseSubject)
            case .from: strings[index].append(keys.from)
            case .to: strings[index].append(keys.to)
            case .cc: strings[index].append(keys.cc)
            case .displayFrom: strings[index].append(keys.displayFrom)
            case .displayTo: strings[index].append(keys.displayTo)
            }
        }
    }

    var sorter: MessageSorter {
        var sorter = MessageSorter()
        for (index, criterion) in criteria.enumerated() {
            let isNumber = !numbers[index].isEmpty
            sorter.add(
                isNumber ? .numbers(numbers[index]) : .strings(strings[index]),
                isReverse: criterion.isReverse)
        }
        return sorter
    }
}
