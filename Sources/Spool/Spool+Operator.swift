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
    /// The message is in work at this moment, or some of it: that is done as soon as it ends.
    case afterAttempt
    /// No such message in the queue (any more).
    case notFound
}

/// A request for a message, or for its share for one destination.
struct OperatorWish {
    let request: OperatorRequest
    let destination: Destination?
    /// Their numbers; nil: all of the message or share.
    let recipients: Set<Int>?

    /// Whether it is to be tried before its time.
    var isForcing: Bool { request == .retry || request == .release }

    func covers(_ other: Destination) -> Bool { destination == nil || destination == other }

    func concerns(_ recipient: QueueRecipient) -> Bool {
        recipients?.contains(recipient.number) ?? true
    }
}

extension Spool {
    /// How long announcements may be on their way.
    private static let announcementDelay = Duration.seconds(10)

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

    package func delete(_ id: QueueID, bounce: Bool) async throws(MailError) -> OperatorOutcome {
        try await perform(.delete(bounce: bounce), on: id)
    }

    /// Everything that waits is tried now. Returns how many shares of messages those are.
    package func retryAllNow() -> Int {
        let now = clock.now
        return change { $0.schedule.force(nil, now: now) }
    }

    /// What waits for a destination is tried now, in the order of acceptance: its host is back.
    /// Held mail stays. Returns how many messages those are.
    @discardableResult
    package func release(_ destination: Destination) -> Int {
        let now = clock.now
        return change { $0.schedule.force(destination, now: now) }
    }

    /// The same for a host that asks for its mail (ETRN, RFC 1985), however often it does: nothing is
    /// done and nil returned until all that was released before has been tried.
    package func dequeue(_ destination: Destination) -> Int? {
        let now = clock.now
        return change { $0.schedule.forceOnce(destination, now: now) }
    }

    /// The request, done to all messages that have recipients of the destination, and to those only.
    /// Reads the whole queue. Returns how many messages those were.
    package func perform(
        _ request: OperatorRequest, on destination: Destination
    ) async throws(MailError) -> Int {
        var count = 0
        var last: QueueID?
        while true {
            let page = try await storage.entries(after: last, limit: configuration.maximumListing)
            for entry in page where entry.recipients.contains(where: { $0.destination == destination }) {
                if try await perform(request, on: entry.id, destination) != .notFound { count += 1 }
            }
            guard let next = page.last?.id else { return count }
            last = next
        }
    }

    /// The request, done to these recipients of a message, as they were read from the queue.
    package func perform(
        _ request: OperatorRequest, on id: QueueID, recipients: [QueueRecipient]
    ) async throws(MailError) -> OperatorOutcome {
        var outcomes: Set<OperatorOutcome> = []
        for (destination, recipients) in Dictionary(grouping: recipients, by: \.destination) {
            let numbers = Set(recipients.map(\.number))
            outcomes.insert(try await perform(request, on: id, destination, numbers))
        }
        if outcomes.contains(.afterAttempt) { return .afterAttempt }
        return outcomes.contains(.done) ? .done : .notFound
    }

    /// The request, done to a message, or to its share for one destination.
    package func perform(
        _ request: OperatorRequest, on id: QueueID, _ destination: Destination? = nil,
        _ recipients: Set<Int>? = nil
    ) async throws(MailError) -> OperatorOutcome {
        let wish = OperatorWish(
            request: request, destination: destination, recipients: recipients)
        let distrust = clock.now + Self.announcementDelay
        let (claimed, inWork) = withState { state in
            let (claimed, inWork) = state.schedule.claim(id, only: destination)
            for share in inWork { state.add(wish, to: Share(id: id, destination: share)) }
            if claimed.isEmpty, inWork.isEmpty { state.trustsAnnouncements = distrust }
            _ = state.entries.begin(id)
            return (claimed, inWork)
        }
        let outcome: Result<Bool, MailError>
        do throws(MailError) {
            outcome = .success(try await apply(wish, to: id) { claimed.contains($0) })
        } catch {
            outcome = .failure(error)
        }
        var settlement = Settlement(id: id, destinations: claimed)
        if case .success = outcome { settlement.done = [wish] }
        await settle(settlement)
        let exists = try outcome.get()
        return !inWork.isEmpty ? .afterAttempt : exists ? .done : .notFound
    }

    /// Records the wish. Shares that others have in work are left alone: they are told of it.
    /// - Parameters:
    ///   - numbers: recipients that are covered, whatever their share is now.
    ///   - isOurs: shares whose work is ours.
    /// - Returns: whether the message is in the queue.
    func apply(
        _ wish: OperatorWish, to id: QueueID, _ numbers: Set<Int> = [],
        isOurs: (Destination) -> Bool
    ) async throws(MailError) -> Bool {
        guard let entry = try await storage.entry(id) else { return false }
        let others = withState { $0.schedule.inWork(of: id) }.filter { !isOurs($0) }
        var updates: [RecipientUpdate] = []
        for recipient in entry.recipients {
            let destination = recipient.destination
            guard wish.covers(destination) || numbers.contains(recipient.number),
                wish.concerns(recipient), !others.contains(destination)
            else { continue }
            if let update = wish.request.update(recipient) { updates.append(update) }
        }
        if !updates.isEmpty { _ = try await record(id, updates) }
        return true
    }
}

extension Spool.State {
    /// One for a whole share counts instead of all before it.
    fileprivate mutating func add(_ wish: OperatorWish, to share: Spool.Share) {
        if wish.recipients == nil {
            wishes[share] = [wish]
        } else {
            wishes[share, default: []].append(wish)
        }
    }
}

extension OperatorRequest {
    fileprivate func update(_ recipient: QueueRecipient) -> RecipientUpdate? {
        switch (self, recipient.state) {
        case (.hold, .active), (.hold, .deferred): .hold(number: recipient.number)
        case (.release, .hold): .release(number: recipient.number)
        case (.delete(bounce: true), .active), (.delete(bounce: true), .deferred),
            (.delete(bounce: true), .hold):
            .fail(number: recipient.number, Self.deleted)
        case (.delete(bounce: false), _): .complete(number: recipient.number)
        default: nil
        }
    }

    /// RFC 3463 X.7.1: delivery not authorized, message refused.
    private static let deleted = MailError(
        550, .init(5, 7, 1), "Message removed from the queue by the administrator")
}
