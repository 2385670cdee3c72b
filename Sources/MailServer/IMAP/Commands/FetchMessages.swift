internal import Directory
internal import IMAP
internal import InternetMessage
internal import Logging
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage
internal import Transport

/// What became of a FETCH.
struct FetchOutcome {
    /// Messages that do not exist any more.
    var missing = 0
    /// Why some of the messages were not answered.
    var failure: Completion?
}

extension IMAPSession {
    /// FETCH responses for these messages of the selected mailbox, in portions: neither memory nor
    /// the mailbox's lock is held for a long list.
    @discardableResult
    func writeFetch(_ items: [FetchItem], of uids: [UInt32], withUID: Bool)
        async throws(CommandFailure) -> FetchOutcome
    {
        let isUIDOnly = enabled.contains(.uidOnly)
        let plan = FetchPlan(items, withUID: withUID && !isUIDOnly)
        var outcome = FetchOutcome()
        var rest = uids[...]
        if let items = plan.rows {
            var rows = FetchRows(
                items, isUIDOnly: isUIDOnly, keywords: service.mailboxes.storage.keywords,
                recent: shownRecent)
            while !rest.isEmpty {
                outcome.missing += try writeRows(rest.prefix(512), &rows)
                rest = rest.dropFirst(512)
                try await breathe()
            }
            return outcome
        }
        while !rest.isEmpty {
            try await writePortion(rest.prefix(plan.portion), plan, &outcome)
            rest = rest.dropFirst(plan.portion)
            try await breathe()
        }
        return outcome
    }

    /// - Returns: how many do not exist any more.
    private func writeRows(_ uids: ArraySlice<UInt32>, _ rows: inout FetchRows)
        throws(CommandFailure) -> Int
    {
        let selected = try selectedMailbox()
        while true {
            if rows.items.contains(.flags) {
                let sets = selected.live.withState(\.keywordSets)
                introduceKeywords(sets)
                for set in sets { rows.texts.prepare(set) }
            }
            var missing: Int?
            output.writeOctets(atMost: uids.count * rows.maximumLength) { octets in
                missing = selected.live.withState { state in
                    guard rows.isPrepared(for: state) else { return nil }
                    return rows.write(uids, state, numbers: selected.view.uids, &octets)
                }
            }
            // Nil when a keyword has come in between.
            if let missing { return missing }
        }
    }

    private func writePortion(
        _ uids: ArraySlice<UInt32>, _ plan: FetchPlan, _ outcome: inout FetchOutcome
    ) async throws(CommandFailure) {
        let selected = try selectedMailbox()
        let messages = try await messages(uids, plan, in: selected)
        outcome.missing += uids.count - messages.count
        if plan.setsSeen { await setSeen(messages, in: selected) }
        var rows = FetchRows(
            [.flags], isUIDOnly: false, keywords: service.mailboxes.storage.keywords,
            recent: shownRecent)
        if plan.tellsFlags || plan.setsSeen {
            introduceKeywords(messages.lazy.map(\.state.flags.keywords))
            for message in messages { rows.texts.prepare(message.state.flags.keywords) }
        }
        for message in messages {
            guard let number = number(of: message.state.uid, in: selected) else { continue }
            if output.readableBytes == 0 { output.reserveCapacity(3 * Self.flushThreshold / 2) }
            let start = output.writerIndex
            message.hasBegun = false
            output.writeStaticString("* ")
            output.writeIMAPNumber(number)
            output.writeStaticString(enabled.contains(.uidOnly) ? " UIDFETCH (" : " FETCH (")
            do throws(FetchFailure) {
                try await writeItems(of: message, plan, rows)
                output.writeStaticString(")\r\n")
            } catch {
                switch error {
                case .connection(let error): throw .connection(error)
                case .unreadable(let cause) where message.hasBegun:
                    // Only the connection's end can tell that the response is not whole.
                    logUnreadable(message, cause)
                    throw .connection(.io("stored message can't be read: \(cause)"))
                case .unreadable(let cause):
                    output.moveWriterIndex(to: start)
                    guard await isStored(message, in: selected) else {
                        outcome.missing += 1
                        continue
                    }
                    logUnreadable(message, cause)
                    outcome.failure = .no("Some messages could not be read", code: "UNAVAILABLE")
                case .unknownEncoding:
                    output.moveWriterIndex(to: start)
                    // Was not told of \Seen, and will be.
                    message.isNewlySeen = false
                    outcome.failure = .no(
                        "Unknown content transfer encoding", code: "UNKNOWN-CTE")
                }
            }
            try await breathe()
        }
        if plan.setsSeen {
            selected.view.acknowledge(messages.lazy.filter(\.isNewlySeen).map(\.state))
        }
    }

    private func number(of uid: UInt32, in selected: SelectedMailbox) -> UInt32? {
        enabled.contains(.uidOnly)
            ? uid : selected.view.sequenceNumber(of: uid).map { UInt32($0) }
    }

    /// Those that exist, with what the plan needs.
    private func messages(
        _ uids: ArraySlice<UInt32>, _ plan: FetchPlan, in selected: SelectedMailbox
    ) async throws(CommandFailure) -> [FetchedMessage] {
        let storage = service.mailboxes.storage
        do throws(MailError) {
            let stored = try await storage.messages(
                UIDSet(ascending: uids), in: selected.live.id, limit: uids.count)
            let facts = await facts(of: stored.map(\.message), plan)
            let messages = stored.indices.map { place in
                FetchedMessage(
                    stored[place], facts: facts.isEmpty ? nil : facts[place], storage: storage)
            }
            if plan.needsThreads { await findThreads(of: messages) }
            selected.live.withState { state in
                for message in messages { message.update(from: state) }
            }
            return messages
        } catch { throw refusal(error) }
    }

    private func facts(of messages: [MessageReference], _ plan: FetchPlan) async -> [MessageFacts?] {
        if plan.needsFacts { return await service.cache.facts(of: messages) }
        return plan.takesFactsAtHand ? await service.cache.factsAtHand(of: messages) : []
    }

    private func findThreads(of messages: [FetchedMessage]) async {
        let keys = await service.cache.keys(of: messages.map(\.stored.message))
        for (message, keys) in zip(messages, keys) {
            message.threadID = keys.map { ObjectID.thread(of: message.stored.message.id, $0.values) }
        }
    }

    /// Sets \Seen where it is missing (RFC 9051 section 6.4.5), durably, before the messages are
    /// sent. Reading goes on when that is not possible: a full disk hides nobody's mail.
    private func setSeen(_ messages: [FetchedMessage], in selected: SelectedMailbox) async {
        guard !selected.isReadOnly, selected.rights.contains(.seen) else { return }
        let unseen = messages.filter { !$0.state.flags.system.contains(.seen) }
        guard !unseen.isEmpty else { return }
        do throws(MailboxError) {
            let result = try await service.mailboxes.storage.store(
                FlagChange(operation: .add, system: .seen, keywords: []),
                uids: unseen.map(\.state.uid), in: selected.live.id, account: selected.live.account)
            var changed = result.messages[...]
            for message in unseen {
                while let first = changed.first, first.uid < message.state.uid {
                    changed.removeFirst()
                }
                guard let first = changed.first, first.uid == message.state.uid else { continue }
                message.state = first
                message.isNewlySeen = true
            }
        } catch {
            logger.warning(
                "IMAP \\Seen not set",
                metadata: ["mailbox": "\(selected.live.id)", "error": "\(error)"])
        }
    }

    /// Another session may have expunged it since it was looked up.
    private func isStored(_ message: FetchedMessage, in selected: SelectedMailbox) async -> Bool {
        let uid = UIDSet([message.state.uid...message.state.uid])
        do throws(MailError) {
            return try await !service.mailboxes.storage.messages(uid, in: selected.live.id, limit: 1)
                .isEmpty
        } catch { return true }
    }

    private func logUnreadable(_ message: FetchedMessage, _ cause: MailError) {
        logger.error(
            "IMAP message not read",
            metadata: [
                "account": "\(user.map { "\($0.account.id)" } ?? "")",
                "message": "\(message.stored.message.id)", "uid": "\(message.state.uid)",
                "error": "\(cause)",
            ])
    }
}
