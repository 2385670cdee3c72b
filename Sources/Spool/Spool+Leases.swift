internal import Logging
package import MailModel
package import Storage

extension Spool.State {
    /// A job taken from the schedule, with what is known of its message.
    struct Taken {
        var job: Schedule.Taken
        var entry: QueueEntry?
        var ticket: KnownEntries.Ticket
    }

    mutating func take(_ take: (inout Schedule) -> Schedule.Taken?) -> Taken? {
        guard let job = take(&schedule) else { return nil }
        let (entry, ticket) = entries.begin(job.id)
        return Taken(job: job, entry: entry, ticket: ticket)
    }
}

/// A lease's life: what belongs to it is read in, updates are recorded, it ends.
extension Spool {
    /// Nil when nothing of it is to be done any more, or it can't be read now.
    func lease(_ taken: State.Taken) async -> Lease? {
        let (id, destination) = (taken.job.id, taken.job.destination)
        let now = clock.now
        do {
            if let entry = try await entry(id, taken.entry, taken.ticket) {
                let due = entry.due(for: destination, now: now, isForced: taken.job.isForced)
                if !due.isEmpty { return Lease(entry: entry, due: due, destination: destination) }
            }
            await settle(Settlement(id: id, destinations: [destination]))
        } catch {
            logger.error("\(id): cannot read the queue entry: \(error)")
            let later = now + configuration.storageRetryDelay
            await settle(Settlement(id: id, destinations: [destination], notBefore: later))
        }
        return nil
    }

    /// What is known already, or else stored.
    func entry(
        _ id: QueueID, _ known: QueueEntry?, _ ticket: KnownEntries.Ticket
    ) async throws(MailError) -> QueueEntry? {
        if let known { return known }
        let entry = try await storage.entry(id)
        if let entry { withState { $0.entries.store(entry, ticket) } }
        return entry
    }

    /// Records what happened to recipients of a leased message.
    package func record(
        _ id: QueueID, _ updates: [RecipientUpdate]
    ) async throws(MailError) -> [RecipientResult] {
        withState { $0.entries.willUpdate(id) }
        do throws(MailError) {
            let results = try await storage.update(id, updates)
            withState { $0.entries.didUpdate(id, updates, results) }
            return results
        } catch {
            withState { $0.entries.didUpdate(id, updates, nil) }
            throw error
        }
    }

    /// Tells what a lease showed of its host: how many of its destination may be out at once
    /// follows from that. To be called before `end`; once a lease.
    package func feedback(_ lease: Lease, _ feedback: HostFeedback) {
        change { $0.schedule.feedback(feedback, lease.destination) }
    }

    /// The lease waits for a host that does not answer: until `unmarkSlow` or the end it gives its
    /// place among the remote leases to another. False when as many wait so as may, and it keeps it.
    ///
    /// - Parameters:
    ///   - closing: whether its destination gets no further lease meanwhile, as one that has not even
    ///     greeted.
    ///   - mustStay: it can't be given up: there is more room for it.
    package func markSlow(_ lease: Lease, closing: Bool, mustStay: Bool = false) -> Bool {
        change {
            $0.schedule.markSlow(
                lease.id, lease.destination, closing: closing, mustStay: mustStay)
        }
    }

    /// The host has answered. The lease goes on at once, even if that makes one too many.
    package func unmarkSlow(_ lease: Lease) {
        change { $0.schedule.unmarkSlow(lease.id, lease.destination) }
    }

    /// What became of the lease is known; until its end, while that is recorded, it takes no place of
    /// another for its host. To be called after `feedback`.
    package func markSent(_ lease: Lease) {
        change { $0.schedule.markSent(lease.id, lease.destination) }
    }

    /// Ends a lease. What is left of its recipients gets its next turn by what has been recorded.
    /// - Parameter notBefore: set when something could not be recorded: nothing of the lease is
    ///   handed out before then.
    package func end(_ lease: Lease, notBefore: Timestamp? = nil) async {
        await settle(
            Settlement(
                id: lease.id, destinations: [lease.destination],
                numbers: Set(lease.due.map(\.number)), notBefore: notBefore))
    }
}
