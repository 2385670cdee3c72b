internal import IMAP
internal import InternetMessage
internal import MailModel
internal import MailboxStore
internal import NIOCore

/// THREAD (RFC 5256).
extension IMAPSession {
    /// A message's ancestors that count, the nearest ones; a hostile one names any number.
    private static var maximumReferences: Int { 500 }

    func thread(_ command: ThreadCommand, _ tag: String) async throws(CommandFailure)
        -> Completion
    {
        let selected = try selectedMailbox()
        try checkCharset(command.search)
        let (query, _) = try prepare(command.search, tag)
        let search = MailboxSearch(
            self, selected.live, uids: selected.view.uids, saved: selected.savedResult, tag: tag)
        let positions = try await query.evaluate(on: search, among: search.present).positions
        let rows = try await threadRows(positions, command.search.isUID, search)
        let algorithm = command.algorithm
        let forest = await service.textIndex.compute {
            switch algorithm {
            case .orderedSubject: ThreadForest.orderedSubject(rows)
            case .references: ThreadForest.references(rows)
            case .refs: ThreadForest.refs(rows)
            }
        }
        forest.write(to: &output)
        try await breathe()
        var completion = Completion.ok("Thread completed")
        completion.forbidsExpunge = !command.search.isUID
        return completion
    }

    private func threadRows(_ positions: [Int], _ isUID: Bool, _ search: MailboxSearch)
        async throws(CommandFailure) -> [ThreadRow]
    {
        var rows: [ThreadRow] = []
        rows.reserveCapacity(positions.count)
        try await search.forEachKeys(positions) { position, keys, columns in
            let keys = keys ?? MessageKeys.Values()
            let internalDate = columns.internalDates[position]
            rows.append(
                ThreadRow(
                    number: isUID ? search.uids[position] : UInt32(position + 1),
                    messageID: keys.messageID ?? [],
                    references: keys.references.suffix(Self.maximumReferences),
                    subject: keys.baseSubject, isReply: keys.isReply,
                    sentDate: keys.sentDate?.milliseconds ?? internalDate,
                    internalDate: internalDate))
        }
        return rows
    }
}
