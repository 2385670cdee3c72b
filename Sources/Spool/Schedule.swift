internal import MailModel

/// Which message is tried next, and when. A value: it does no I/O and knows no clock.
///
/// Keeps about a hundred octets a message (id, due time, host), whatever its size and recipients;
/// what is due is read in from the store. A message is leased whole: while it is in work nothing
/// of it is handed out again.
struct Schedule {
    /// When a message wants its next turn, and whose turn it is then.
    struct Plan: Equatable {
        var due: Timestamp
        /// The virtual host: the domain of the first recipient that is due.
        var domain: String
        var lane: VirtualHosts.Lane
        /// An operator asked for it: recipients are tried before their time.
        var isForced = false
    }

    struct Taken: Equatable {
        var id: QueueID
        var isForced: Bool
    }

    private let limits: SpoolConfiguration
    private var items: [QueueID: ScheduledMessage] = [:]
    private var heap = DueHeap()
    private var hosts = VirtualHosts()

    init(limits: SpoolConfiguration) { self.limits = limits }

    /// Messages that wait for their time or their turn, or are in work.
    var count: Int { items.count }
    var inWork: Int { hosts.inWork }

    /// Enters a message, or moves it forward when it waits already. One in work is left alone:
    /// its plan is made when its work ends.
    mutating func add(_ id: QueueID, _ plan: Plan) {
        if let item = items[id] {
            guard item.phase == .waiting, plan.due < item.due || plan.isForced else { return }
            remove(id, item)
        }
        insert(id, plan)
    }

    /// The next message whose time and turn have come. It is in work until `finish`.
    mutating func take(now: Timestamp) -> Taken? {
        promote(now)
        let next = hosts.next(limits, among: items)
        guard let next, let item = items[next.id] else { return nil }
        items[next.id]?.phase = .inWork
        return Taken(id: next.id, isForced: item.isForced)
    }

    /// Takes a message out of turn, for an operator. False when it is in work already.
    mutating func claim(_ id: QueueID) -> Bool {
        if let item = items[id], item.phase == .inWork { return false }
        if items[id] == nil {
            insert(id, Plan(due: Timestamp(milliseconds: 0), domain: "", lane: .fresh))
        }
        guard let item = items[id] else { return false }
        items[id]?.phase = .inWork
        hosts.begin(item.host, item.lane)
        return true
    }

    /// Ends the work on a message. Nil: it has left the queue, or waits for an operator.
    mutating func finish(_ id: QueueID, _ plan: Plan?) {
        guard let item = items[id], item.phase == .inWork else { return }
        hosts.end(item.host, item.lane)
        remove(id, item)
        if let plan { insert(id, plan) }
    }

    /// Makes every waiting message due. Returns how many were.
    mutating func forceAll(now: Timestamp) -> Int {
        var forced = 0
        for (id, item) in items where item.phase == .waiting {
            items[id]?.due = now
            items[id]?.isForced = true
            forced += 1
        }
        rebuildHeap()
        return forced
    }

    /// When the next waiting message is due. Messages that are ready but for the limits do not
    /// count: the end of a lease brings their turn.
    mutating func nextDue() -> Timestamp? {
        while let first = heap.first {
            if isCurrent(first) { return first.due }
            heap.removeFirst()
        }
        return nil
    }

    private mutating func promote(_ now: Timestamp) {
        while let first = heap.first, first.due <= now {
            heap.removeFirst()
            guard isCurrent(first), let item = items[first.id] else { continue }
            items[first.id]?.phase = .ready
            hosts.enqueue(first.id, item.host, item.lane)
        }
    }

    private func isCurrent(_ element: DueHeap.Element) -> Bool {
        guard let item = items[element.id] else { return false }
        return item.phase == .waiting && item.due == element.due
    }

    private mutating func insert(_ id: QueueID, _ plan: Plan) {
        items[id] = ScheduledMessage(
            due: plan.due, host: hosts.join(plan.domain), lane: plan.lane, phase: .waiting,
            isForced: plan.isForced)
        heap.insert(DueHeap.Element(due: plan.due, id: id))
        if heap.count > 2 * items.count + 1024 { rebuildHeap() }
    }

    private mutating func remove(_ id: QueueID, _ item: ScheduledMessage) {
        items[id] = nil
        hosts.leave(item.host)
    }

    private mutating func rebuildHeap() {
        heap = DueHeap(
            items.lazy.filter { $0.value.phase == .waiting }
                .map { DueHeap.Element(due: $0.value.due, id: $0.key) })
    }
}
