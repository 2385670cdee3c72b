package import Logging
package import MailModel
package import NIOCore
package import Storage
internal import Synchronization

/// The queue: takes messages in, hands them out when their time and their turn come, and keeps
/// what an operator wants.
///
/// Its state in memory is a schedule; all that must survive is in the store. A lease is in memory
/// only: after a crash the recipients are simply due again, and the store's transactions keep a
/// local delivery from happening twice.
package final class Spool: Sendable {
    package let configuration: SpoolConfiguration
    package let clock: any QueueClock
    let storage: any QueueStorage
    let logger: Logger
    private let state: Mutex<State>
    private let alarm = Mutex<Alarm?>(nil)
    private let wake = WakeSignal()
    let newHosts = WakeSignal()

    /// Has `nextLease` look again at a time. It outlasts the waits: mostly each is ended by something else,
    /// and the next one waits for the same time.
    private struct Alarm {
        let due: Timestamp
        let sleeper: Task<Void, Never>
    }

    struct State {
        var schedule: Schedule
        var entries: KnownEntries
        /// What operators want done to shares in work, when their leases end.
        var wishes: [Share: [OperatorWish]] = [:]
        /// Until then no announced entry is kept: an operator has changed a message that the
        /// schedule did not know, and what is on the way here may tell of it as it was before.
        var trustsAnnouncements = Timestamp(milliseconds: 0)
    }

    /// A message's recipients for one destination.
    struct Share: Hashable {
        var id: QueueID
        var destination: Destination
    }

    package init(
        storage: any QueueStorage, configuration: SpoolConfiguration = SpoolConfiguration(),
        clock: any QueueClock = SystemQueueClock(), logger: Logger
    ) {
        self.storage = storage
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        state = Mutex(
            State(
                schedule: Schedule(limits: configuration),
                entries: KnownEntries(limits: configuration)))
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

    /// Octets `range` of the message.
    package func read(_ message: MessageReference, _ range: Range<Int>) async throws(MailError)
        -> ByteBuffer
    {
        try await storage.read(message, range)
    }

    /// Enters what the store announces, until the task is cancelled or the store closes.
    package func takeIn() async {
        for await entry in storage.pendingEntries { add(entry) }
    }

    func add(_ entry: QueueEntry) {
        let now = clock.now
        let plans = entry.plans
        change { state in
            for (destination, plan) in plans {
                state.schedule.add(entry.id, destination, plan, now: now)
            }
            if now >= state.trustsAnnouncements, state.schedule.hasReady(entry.id) {
                state.entries.announce(entry)
            }
        }
    }

    /// Waits for the next share that is due and returns it; nil when the task is cancelled.
    /// One caller.
    package func nextLease() async -> Lease? {
        while !Task.isCancelled {
            if let lease = await leaseIfDue() { return lease }
            if let due = state.withLock({ $0.schedule.nextDue }) { setAlarm(due) }
            await wake.wait()
        }
        alarm.withLock { $0.take() }?.sleeper.cancel()
        return nil
    }

    /// Nil when nothing is due, or the limits are met.
    func leaseIfDue() async -> Lease? {
        let now = clock.now
        while let taken = state.withLock({ $0.take { $0.take(now: now) } }) {
            if let lease = await lease(taken) { return lease }
        }
        return nil
    }

    /// Shares of messages in the schedule (held ones do not count) and, of them, in work.
    package var counts: (scheduled: Int, inWork: Int) {
        state.withLock { ($0.schedule.count, $0.schedule.inWork) }
    }

    /// What the queue knows of its destinations, in no order.
    package func destinations() -> [DestinationStatus] {
        state.withLock { $0.schedule.statuses }
    }

    /// Nil when nothing is scheduled for it.
    package func status(of destination: Destination) -> DestinationStatus? {
        state.withLock { $0.schedule.status(of: destination) }
    }

    func withState<Result>(_ body: (inout State) -> Result) -> Result {
        state.withLock { body(&$0) }
    }

    /// Changes the state, then lets `nextLease` look again.
    func change<Result>(_ body: (inout State) -> Result) -> Result {
        defer { wake.raise() }
        let (result, hasNewHosts) = state.withLock { state in
            (body(&state), state.schedule.hosts.hasUnweighted)
        }
        if hasNewHosts { newHosts.raise() }
        return result
    }

    private func setAlarm(_ due: Timestamp) {
        alarm.withLock { alarm in
            if let set = alarm, set.due <= due, set.due > clock.now { return }
            alarm?.sleeper.cancel()
            alarm = Alarm(
                due: due,
                sleeper: Task { [clock, wake] in
                    await clock.sleep(until: due)
                    if !Task.isCancelled { wake.raise() }
                })
        }
    }
}
