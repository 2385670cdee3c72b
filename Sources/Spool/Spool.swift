package import Logging
package import MailModel
package import NIOCore
package import Storage
internal import Synchronization

/// The queue: takes messages in, hands them out when their time and their turn come, and keeps
/// what an operator wants.
///
/// Its state in memory is a schedule; all that must survive is in the store. A lease is in memory
/// only: after a crash the message is simply due again, and the store's transactions keep a local
/// delivery from happening twice.
package final class Spool: Sendable {
    package let configuration: SpoolConfiguration
    package let clock: any QueueClock
    let storage: any QueueStorage
    private let logger: Logger
    private let state: Mutex<State>
    private let wake = WakeSignal()

    struct State {
        var schedule: Schedule
        /// What operators want done to messages in work, when their lease ends.
        var wishes: [QueueID: OperatorRequest] = [:]
    }

    package init(
        storage: any QueueStorage, configuration: SpoolConfiguration = SpoolConfiguration(),
        clock: any QueueClock = SystemQueueClock(), logger: Logger
    ) {
        self.storage = storage
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        state = Mutex(State(schedule: Schedule(limits: configuration)))
    }

    /// A place for a new message's bytes; see `QueueStorage.makeDraft`.
    package func makeDraft(sizeHint: Int?) throws(MailError) -> MessageDraft {
        try storage.makeDraft(sizeHint: sizeHint)
    }

    /// Returns when the message is durable; see `QueueStorage.accept`.
    package func accept(
        _ draft: MessageDraft, envelope: Envelope, recipients: [RoutedRecipient]
    ) async throws(MailError) {
        try await storage.accept(draft, envelope: envelope, recipients: recipients)
    }

    /// Enters what the store announces, until the task is cancelled or the store closes.
    package func takeIn() async {
        for await entry in storage.pendingEntries { add(entry) }
    }

    /// Waits for the next message that is due and returns it; nil when the task is cancelled.
    /// One caller.
    package func nextLease() async -> Lease? {
        while !Task.isCancelled {
            if let lease = await leaseIfDue() { return lease }
            await wait(until: state.withLock { $0.schedule.nextDue() })
        }
        return nil
    }

    func add(_ entry: QueueEntry) {
        guard let plan = entry.plan else { return }
        state.withLock { $0.schedule.add(entry.id, plan) }
        wake.raise()
    }

    /// Nil when nothing is due, or the limits are met.
    func leaseIfDue() async -> Lease? {
        let now = clock.now
        while let taken = state.withLock({ $0.schedule.take(now: now) }) {
            if let lease = await readIn(taken, now) { return lease }
        }
        return nil
    }

    /// Records what happened to recipients of a leased message.
    package func record(
        _ id: QueueID, _ updates: [RecipientUpdate]
    ) async throws(MailError) -> [RecipientResult] {
        try await storage.update(id, updates)
    }

    /// Octets `range` of the message.
    package func read(_ message: MessageReference, _ range: Range<Int>) async throws(MailError)
        -> ByteBuffer
    {
        try await storage.read(message, range)
    }

    /// Ends a lease. What is left of the message gets its next turn by what has been recorded.
    /// - Parameter notBefore: set when something could not be recorded: nothing of the message is
    ///   handed out before then.
    package func end(_ lease: Lease, notBefore: Timestamp? = nil) async {
        await settle(lease.id, notBefore: notBefore)
    }

    /// Messages in the schedule (held ones do not count) and, of them, in work.
    package var counts: (scheduled: Int, inWork: Int) {
        state.withLock { ($0.schedule.count, $0.schedule.inWork) }
    }

    func withState<Result>(_ body: (inout State) -> Result) -> Result {
        let result = state.withLock { body(&$0) }
        wake.raise()
        return result
    }

    /// Does what operators asked for meanwhile, then makes the plan from the stored entry.
    func settle(_ id: QueueID, notBefore: Timestamp? = nil, isForced: Bool = false) async {
        var isForced = isForced
        var notBefore = notBefore
        var plan: Schedule.Plan?
        repeat {
            if let wish = state.withLock({ $0.wishes.removeValue(forKey: id) }) {
                do {
                    isForced = try await apply(wish, to: id) || isForced
                } catch {
                    logger.error("\(id): \(wish) was not done: \(error)")
                }
            }
            do {
                plan = try await storage.entry(id)?.plan
            } catch {
                logger.error("\(id): cannot read the queue entry: \(error)")
                notBefore = clock.now + configuration.storageRetryDelay
                plan = Schedule.Plan(due: clock.now, domain: "", lane: .retried)
            }
            if isForced {
                plan?.due = clock.now
                plan?.isForced = true
            }
            if let notBefore, let due = plan?.due { plan?.due = max(due, notBefore) }
            // A wish that came since then is done before the message can be handed out again.
        } while !finish(id, plan)
        wake.raise()
    }

    private func finish(_ id: QueueID, _ plan: Schedule.Plan?) -> Bool {
        state.withLock { state in
            guard state.wishes[id] == nil else { return false }
            state.schedule.finish(id, plan)
            return true
        }
    }

    private func readIn(_ taken: Schedule.Taken, _ now: Timestamp) async -> Lease? {
        do {
            if let entry = try await storage.entry(taken.id) {
                let due = entry.dueRecipients(now: now, isForced: taken.isForced)
                if !due.isEmpty { return Lease(entry: entry, due: due) }
            }
            await settle(taken.id)
        } catch {
            logger.error("\(taken.id): cannot read the queue entry: \(error)")
            await settle(taken.id, notBefore: now + configuration.storageRetryDelay)
        }
        return nil
    }

    private func wait(until due: Timestamp?) async {
        guard let due else { return await wake.wait() }
        await withTaskGroup { group in
            group.addTask { await self.clock.sleep(until: due) }
            group.addTask { await self.wake.wait() }
            await group.next()
            group.cancelAll()
        }
    }
}
