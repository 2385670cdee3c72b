internal import IMAP
internal import InternetMessage
internal import MailModel
internal import MailboxStore
internal import NIOCore

/// SEARCH (RFC 9051 section 6.4.4) with RFC 4731, RFC 5182, RFC 5267, RFC 6203, RFC 9394.
extension IMAPSession {
    func search(_ command: SearchCommand, _ tag: String) async throws(CommandFailure)
        -> Completion
    {
        let selected = try selectedMailbox()
        try checkNoCharset(command)
        let (query, returns) = try prepare(command, tag)
        return try await saving(returns, in: selected) { () throws(CommandFailure) in
            let search = MailboxSearch(
                self, selected.live, uids: selected.view.uids, saved: selected.savedResult, tag: tag)
            let positions = try await query.evaluate(on: search, among: search.present).positions
            var reply = SearchReply(
                tag: tag, isUID: command.isUID, returns: returns,
                numbers: numbers(positions, command.isUID, search))
            if query.usesModSequences {
                enableCondstore()
                reply.modSequences = search.modSequences(positions)
            }
            if returns.contains(.relevancy) {
                reply.relevancies = relevancies(positions, search)
            }
            keepContext(command, nil, query, positions, search, returns, tag)
            if command.returns == nil, !enabled.contains(.rev2) {
                reply.writePlain("SEARCH", to: &output)
            } else if reply.isWanted {
                reply.writeExtended(to: &output)
            }
            try await breathe()
            return (reply, search)
        }.completion("Search completed", command)
    }

    // MARK: What SEARCH, SORT, THREAD and ESEARCH have in common

    /// RFC 6855 section 3: what a client of UTF8=ACCEPT searches for is UTF-8, of which there is
    /// nothing to be said.
    func checkNoCharset(_ command: SearchCommand) throws(CommandFailure) {
        guard command.charset != nil, enabled.contains(.utf8Accept) else { return }
        throw .bad("No CHARSET with UTF8=ACCEPT")
    }

    /// The same for SORT and THREAD, whose grammar demands a charset: it must be that.
    func checkCharset(_ command: SearchCommand) throws(CommandFailure) {
        guard enabled.contains(.utf8Accept), let charset = command.charset,
            !["UTF-8", "US-ASCII"].contains(charset)
        else { return }
        throw .bad("The charset is UTF-8 with UTF8=ACCEPT")
    }

    /// The command's query and options, checked.
    func prepare(_ command: SearchCommand, _ tag: String) throws(CommandFailure)
        -> (SearchQuery, [SearchReturn])
    {
        let query = try self.query(command)
        // RFC 9586 section 3.
        if enabled.contains(.uidOnly), !command.isUID || query.usesSequenceNumbers {
            throw .bad("Only UIDs are possible", code: "UIDREQUIRED")
        }
        let returns = command.returns ?? []
        let parts = returns.count { if case .partial = $0 { true } else { $0 == .all } }
        let hasPartial = returns.contains { if case .partial = $0 { true } else { false } }
        // RFC 9394 section 3.1.
        if hasPartial, parts > 1 { throw .bad("Only one of PARTIAL and ALL is possible") }
        if returns.contains(where: \.isUpdate), selected?.contexts.contains(tag) == true {
            // RFC 5267 section 4.3.
            throw .bad("Tag reuse")
        }
        return (query, returns)
    }

    func query(_ command: SearchCommand) throws(CommandFailure) -> SearchQuery {
        do throws(SearchQuery.Problem) {
            return try SearchQuery(command.key, charset: command.charset, now: .now,
                recent: selected?.recent ?? UIDSet())
        } catch {
            // RFC 5182 section 2.1.
            if command.returns?.contains(.save) == true { selected?.savedResult = UIDSet() }
            throw .no(
                "Charset not known",
                code: "BADCHARSET (\(SearchQuery.namedCharsets.joined(separator: " ")))")
        }
    }

    func numbers(_ positions: [Int], _ isUID: Bool, _ search: MailboxSearch) -> [UInt32] {
        isUID ? positions.map { search.uids[$0] } : positions.map { UInt32($0 + 1) }
    }

    /// Of 1 to 100, the best match having 100 (RFC 6203 section 4).
    func relevancies(_ positions: [Int], _ search: MailboxSearch) -> [UInt8] {
        let best = positions.reduce(0) { max($0, search.scores[$1] ?? 0) }
        return positions.map { position in
            guard best > 0 else { return 100 }
            return UInt8(max(1, min(100, (search.scores[position] ?? 0) / best * 100)))
        }
    }

    /// Runs a search and, with SAVE, keeps its result as "$". A search that is refused with NO
    /// leaves an empty one (RFC 5182 section 2.1).
    func saving(
        _ returns: [SearchReturn], in selected: SelectedMailbox,
        _ body: () async throws(CommandFailure) -> (SearchReply, MailboxSearch)
    ) async throws(CommandFailure) -> SearchReply {
        do throws(CommandFailure) {
            let (reply, search) = try await body()
            if returns.contains(.save) {
                let saved = reply.saved.sorted()
                selected.savedResult = UIDSet(
                    ascending: reply.isUID ? saved : saved.map { search.uids[Int($0) - 1] })
            }
            return reply
        } catch {
            if case .refused(let completion) = error, completion.status == .no,
                returns.contains(.save)
            {
                selected.savedResult = UIDSet()
            }
            throw error
        }
    }
}

extension SearchReply {
    /// While sequence numbers are told, none may change (RFC 9051 section 7.5.1).
    func completion(_ text: String, _ command: SearchCommand) -> Completion {
        var completion = Completion.ok(text)
        completion.forbidsExpunge = !command.isUID
        return completion
    }
}
