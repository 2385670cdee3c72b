internal import MailModel
internal import Spool
internal import Storage

extension ControlService {
    typealias Tell = (ControlReply) async throws -> Void

    /// Changes that are under way at once: they share the store's transactions.
    private static let maximumChanges = 32
    /// Changes in a line of the answer, and recipients named with each.
    private static let changesInLine = 50
    private static let namedRecipients = 10

    /// A message with its recipients that are meant.
    private struct Match {
        var entry: QueueEntry
        var recipients: [QueueRecipient]
    }

    /// - Throws: what `tell` throws. All else is in the value.
    func perform(_ request: ControlRequest, _ tell: Tell) async throws -> ControlReply.End {
        let operation: OperatorRequest
        switch request.action {
        case .hold: operation = .hold
        case .release: operation = .release
        case .retry: operation = .retry
        case .delete: operation = .delete(bounce: false)
        case .bounce: operation = .delete(bounce: true)
        case .show:
            let deliveries = deliveries(request.selection.ids)
            try await tell(ControlReply(deliveries: deliveries))
            return ControlReply.End(messages: deliveries.count)
        case .flush:
            forgetFailures()
            guard !request.selection.isEmpty else {
                return ControlReply.End(messages: spool.retryAllNow())
            }
            operation = .retry
        }
        guard request.all || !request.selection.isEmpty else {
            return ControlReply.End(error: "nothing is selected")
        }
        do {
            return try await change(operation, QueueMatcher(request.selection), tell)
        } catch let error as SelectionError {
            return ControlReply.End(error: error.description)
        }
    }

    /// Page by page, the oldest message first.
    private func change(
        _ operation: OperatorRequest, _ matcher: QueueMatcher, _ tell: Tell
    ) async throws -> ControlReply.End {
        var end = ControlReply.End()
        var pages = QueuePages(spool, ids: matcher.ids)
        var seen = 0
        while true {
            let page: [QueueEntry]
            do throws(MailError) {
                guard let next = try await pages.next() else { return end }
                page = next
            } catch {
                end.error = error.operatorText
                return end
            }
            seen += page.count
            let matches = page.compactMap { entry -> Match? in
                let recipients = matcher.matches(in: entry).filter { operation.concerns($0) }
                return recipients.isEmpty ? nil : Match(entry: entry, recipients: recipients)
            }
            var changes = await perform(operation, matches)[...]
            for change in changes { end.count(change) }
            repeat {
                let part = changes.prefix(Self.changesInLine)
                changes = changes.dropFirst(part.count)
                try await tell(ControlReply(changes: Array(part), seen: seen))
            } while !changes.isEmpty
        }
    }

    private func perform(
        _ operation: OperatorRequest, _ matches: [Match]
    ) async -> [ControlReply.Change] {
        await withTaskGroup(of: (Int, ControlReply.Change?).self) { group in
            var changes = [ControlReply.Change?](repeating: nil, count: matches.count)
            for (index, match) in matches.enumerated() {
                if index >= Self.maximumChanges, let (done, change) = await group.next() {
                    changes[done] = change
                }
                group.addTask { (index, await self.perform(operation, match)) }
            }
            for await (done, change) in group { changes[done] = change }
            return changes.compactMap { $0 }
        }
    }

    /// Nil when the message has left the queue meanwhile.
    private func perform(
        _ operation: OperatorRequest, _ match: Match
    ) async -> ControlReply.Change? {
        let (entry, recipients) = (match.entry, match.recipients)
        var change = ControlReply.Change(
            id: entry.id.description, outcome: .done, error: nil,
            sender: entry.envelope.reversePath.description,
            recipients: recipients.prefix(Self.namedRecipients).map {
                $0.routed.address.description
            },
            recipientCount: recipients.count)
        do throws(MailError) {
            let outcome =
                recipients.count == entry.recipients.count
                ? try await spool.perform(operation, on: entry.id)
                : try await spool.perform(operation, on: entry.id, recipients: recipients)
            switch outcome {
            case .done: change.outcome = .done
            case .afterAttempt: change.outcome = .afterAttempt
            case .notFound: return nil
            }
            history?.changed(
                entry.id, operation.participle, recipients: change.recipients,
                of: change.recipientCount)
        } catch {
            change.outcome = .failed
            change.error = error.operatorText
        }
        return change
    }
}

extension OperatorRequest {
    fileprivate var participle: String {
        switch self {
        case .hold: "held"
        case .release: "released"
        case .retry: "retried"
        case .delete(bounce: true): "returned"
        case .delete(bounce: false): "deleted"
        }
    }

    /// Whether there is anything to do for a recipient.
    fileprivate func concerns(_ recipient: QueueRecipient) -> Bool {
        switch (self, recipient.state) {
        case (.release, .hold): true
        case (.release, _): false
        case (.hold, .active), (.hold, .deferred), (.retry, .active), (.retry, .deferred): true
        case (.hold, _), (.retry, _): false
        case (.delete(bounce: true), .delivered), (.delete(bounce: true), .failed): false
        case (.delete, _): true
        }
    }
}

extension ControlReply.End {
    fileprivate mutating func count(_ change: ControlReply.Change) {
        guard change.outcome != .failed else {
            failures += 1
            return
        }
        messages += 1
        recipients += change.recipientCount
    }
}
