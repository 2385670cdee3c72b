package import MailModel
package import Storage

/// What an operator may want of a message in the queue.
package enum OperatorRequest: Sendable, Equatable {
    /// Not to be tried until it is released.
    case hold
    case release
    /// To be tried now, whatever its time.
    case retry
    /// Out of the queue; with `bounce` the sender is told, as for any failure.
    case delete(bounce: Bool)
}

package enum OperatorOutcome: Sendable, Equatable {
    case done
    /// The message is in work at this moment: it is done as soon as that ends.
    case afterAttempt
    /// No such message in the queue (any more).
    case notFound
}

extension Spool {
    /// Entries in the order of acceptance, after `after`; at most `maximumListing` at a time.
    package func list(after: QueueID?, limit: Int) async throws(MailError) -> [QueueEntry] {
        try await storage.entries(
            after: after, limit: min(max(limit, 0), configuration.maximumListing))
    }

    package func show(_ id: QueueID) async throws(MailError) -> QueueEntry? {
        try await storage.entry(id)
    }

    package func hold(_ id: QueueID) async throws(MailError) -> OperatorOutcome {
        try await perform(.hold, on: id)
    }

    package func release(_ id: QueueID) async throws(MailError) -> OperatorOutcome {
        try await perform(.release, on: id)
    }

    package func retryNow(_ id: QueueID) async throws(MailError) -> OperatorOutcome {
        try await perform(.retry, on: id)
    }

    /// Every waiting message is tried now. Returns how many those are.
    package func retryAllNow() -> Int {
        let now = clock.now
        return withState { $0.schedule.forceAll(now: now) }
    }

    package func delete(_ id: QueueID, bounce: Bool) async throws(MailError) -> OperatorOutcome {
        try await perform(.delete(bounce: bounce), on: id)
    }

    private func perform(
        _ request: OperatorRequest, on id: QueueID
    ) async throws(MailError) -> OperatorOutcome {
        let isOurs = withState { state in
            if state.schedule.claim(id) { return true }
            state.wishes[id] = request
            return false
        }
        guard isOurs else { return .afterAttempt }
        let outcome: Result<(exists: Bool, isForced: Bool), MailError>
        do {
            let exists = try await storage.entry(id) != nil
            outcome = .success((exists, exists ? try await apply(request, to: id) : false))
        } catch {
            outcome = .failure(error)
        }
        let isForced = (try? outcome.get())?.isForced ?? false
        await settle(id, isForced: isForced)
        return try outcome.get().exists ? .done : .notFound
    }

    /// Records the request for a message that is claimed or leased. Returns whether it is to be
    /// tried before its time.
    func apply(_ request: OperatorRequest, to id: QueueID) async throws(MailError) -> Bool {
        guard let entry = try await storage.entry(id) else { return false }
        var updates: [RecipientUpdate] = []
        for recipient in entry.recipients {
            switch (request, recipient.state) {
            case (.hold, .active), (.hold, .deferred):
                updates.append(.hold(number: recipient.number))
            case (.release, .hold):
                updates.append(.release(number: recipient.number))
            case (.delete(bounce: true), .active), (.delete(bounce: true), .deferred),
                (.delete(bounce: true), .hold):
                updates.append(.fail(number: recipient.number, Self.deleted))
            case (.delete(bounce: false), _):
                updates.append(.complete(number: recipient.number))
            default: break
            }
        }
        if !updates.isEmpty { _ = try await storage.update(id, updates) }
        return request == .retry || request == .release
    }

    /// RFC 3463 X.7.1: delivery not authorized, message refused.
    private static let deleted = MailError(
        550, .init(5, 7, 1), "Message removed from the queue by the administrator")
}
