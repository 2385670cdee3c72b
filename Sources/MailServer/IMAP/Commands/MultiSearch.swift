internal import IMAP
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage

/// ESEARCH (RFC 7377): a search of several mailboxes, one reply for each that has matching messages.
extension IMAPSession {
    /// - Parameter sources: empty: the selected mailbox.
    func multiSearch(
        _ sources: [MailboxFilter], _ command: SearchCommand, _ tag: String
    ) async throws(CommandFailure) -> Completion {
        var command = command
        command.isUID = true
        let filters = sources.isEmpty ? [.selected] : sources
        try checkNoCharset(command)
        let (query, returns) = try prepare(command, tag)
        guard !filters.contains(.selectedDelayed) else {
            throw .bad("SELECTED-DELAYED is of NOTIFY only")
        }
        let isSelectedOnly = filters == [.selected]
        if !isSelectedOnly, returns.contains(where: { $0 == .save || $0.isUpdate }) {
            // RFC 7377 section 2.2.
            throw .bad("SAVE and UPDATE are possible with the selected mailbox only")
        }
        if isSelectedOnly {
            let selected = try selectedMailbox()
            _ = try await saving(returns, in: selected) { () throws(CommandFailure) in
                try await searchSelected(query, command, returns, selected, tag)
            }
            return .ok("Search completed")
        }
        for mailbox in try await mailboxes(filters) {
            if let selected, selected.live.id == mailbox.id {
                _ = try await searchSelected(query, command, returns, selected, tag)
            } else {
                try await search(mailbox, query, returns, tag)
            }
            try await breathe()
        }
        return .ok("Search completed")
    }

    private func searchSelected(
        _ query: SearchQuery, _ command: SearchCommand, _ returns: [SearchReturn],
        _ selected: SelectedMailbox, _ tag: String
    ) async throws(CommandFailure) -> (SearchReply, MailboxSearch) {
        let search = MailboxSearch(
            self, selected.live, uids: selected.view.uids, saved: selected.savedResult, tag: tag)
        let positions = try await query.evaluate(on: search, among: search.present).positions
        keepContext(command, nil, query, positions, search, returns, tag)
        return (tell(positions, selected.name, query, search, returns, tag), search)
    }

    private func search(
        _ mailbox: ResolvedMailbox, _ query: SearchQuery, _ returns: [SearchReturn], _ tag: String
    ) async throws(CommandFailure) {
        let live: LiveMailbox
        do throws(MailboxError) {
            live = try await service.mailboxes.open(mailbox.id)
        } catch {
            // Deleted meanwhile: it has nothing to find.
            if case .nonexistent = error { return }
            throw refusal(error)
        }
        let view = MailboxView(live)
        let search = MailboxSearch(self, live, uids: view.uids, saved: UIDSet(), tag: tag)
        let positions = try await query.evaluate(on: search, among: search.present).positions
        _ = tell(positions, mailbox.name, query, search, returns, tag)
    }

    /// Writes the reply, unless nothing was found.
    private func tell(
        _ positions: [Int], _ name: String, _ query: SearchQuery, _ search: MailboxSearch,
        _ returns: [SearchReturn], _ tag: String
    ) -> SearchReply {
        var reply = SearchReply(
            tag: tag, isUID: true, returns: returns, numbers: numbers(positions, true, search))
        reply.mailbox = SearchedMailbox(
            name: name, uidValidity: search.live.uidValidity, isUTF8: enabled.contains(.utf8))
        if query.usesModSequences { reply.modSequences = search.modSequences(positions) }
        if returns.contains(.relevancy) { reply.relevancies = relevancies(positions, search) }
        if !positions.isEmpty, reply.isWanted { reply.writeExtended(to: &output) }
        return reply
    }

    // MARK: Which mailboxes

    /// Each once. Those that the user may not read or that do not exist are passed over: a reply
    /// would tell that they exist.
    private func mailboxes(_ filters: [MailboxFilter]) async throws(CommandFailure)
        -> [ResolvedMailbox]
    {
        guard let user else { throw .bad("Log in first") }
        var names: [String] = []
        let own: [String]
        let subscribed: Set<String>
        do throws(MailError) {
            own = try await user.mailboxes.list().map(\.name)
            subscribed = filters.contains(.subscribed) ? try await user.mailboxes.subscriptions() : []
        } catch {
            throw refusal(error)
        }
        for filter in filters {
            switch filter {
            case .selected:
                let selected = try selectedMailbox()
                names.append(selected.name)
            case .selectedDelayed: break
            case .inboxes: names.append(AccountMailboxes.inbox)
            case .personal: names += own
            case .subscribed: names += subscribed.sorted()
            case .subtree(let roots):
                names += own.filter { name in
                    roots.contains { name == $0 || name.hasPrefix($0 + "/") }
                }
            case .subtreeOne(let roots):
                names += own.filter { name in
                    roots.contains {
                        name == $0
                            || name.hasPrefix($0 + "/")
                                && !name.dropFirst($0.count + 1).contains("/")
                    }
                }
            case .mailboxes(let listed): names += listed
            }
        }
        var mailboxes: [ResolvedMailbox] = []
        var seen: Set<Int64> = []
        for name in names {
            do throws(CommandFailure) {
                let mailbox = try await self.mailbox(named: name, needing: .read)
                if seen.insert(mailbox.id).inserted { mailboxes.append(mailbox) }
            } catch {
                guard case .refused(let completion) = error,
                    completion.code == "NONEXISTENT" || completion.code == "NOPERM"
                else { throw error }
            }
        }
        return mailboxes
    }
}
