internal import MailModel

/// Which message is tried next for which destination, and when. A value: it does no I/O and knows
/// no clock.
///
/// The unit is the job: a message's share for one destination. It waits for its time in a heap and
/// for its turn in a flow, both linked through one table, so whatever happens to it costs no more
/// than the logarithm of the queue's length. What is due is read in from the store.
struct Schedule {
    /// When a job wants its next turn, and whose turn it is then.
    struct Plan: Equatable {
        var due: Timestamp
        /// See `RoutedRecipient.virtualHost`.
        var virtualHost: String
        var lane: Job.Lane
        /// MT-PRIORITY.
        var priority: Int8 = 0
        /// An operator or the host itself asked for it: recipients are tried before their time.
        var isForced = false
        /// Something could not be read or recorded: whatever else comes up, not before its time.
        var isResting = false
    }

    struct Taken: Equatable {
        var id: QueueID
        var destination: Destination
        var isForced: Bool
    }

    /// Jobs that become ready in one call, so that a long queue which is due all at once holds
    /// nobody up.
    private static let promotions = 512

    let maximumSlow: Int
    let maximumUnanswered: Int
    var jobs = JobTable()
    var hosts: VirtualHosts
    var destinations: DestinationTable
    var heap = DueHeap()
    /// By their names' numbers.
    var ways: [WayOut]
    private var lastWay = WayOut.Name.local
    /// What a crash may send twice, beside the leases that have places.
    static let maximumSent = 64
    /// Leases that wait for a silent host, that are sent but not recorded, and all leases.
    var slow = 0
    var sent = 0
    var inWork = 0
    var sessions: [Int: SessionJobs] = [:]
    var lastSession = 0

    init(limits: SpoolConfiguration) {
        maximumSlow = limits.maximumSlowLeases
        maximumUnanswered = limits.maximumUnansweredLeases
        hosts = VirtualHosts(weights: limits.weights)
        destinations = DestinationTable(
            window: ConcurrencyWindow(
                initial: limits.initialDestinationLeases,
                maximum: limits.maximumDestinationLeases))
        ways = [
            WayOut(limit: limits.maximumLocalLeases), WayOut(limit: limits.maximumRemoteLeases),
        ]
    }

    /// Jobs that wait for their time or their turn, or are in work.
    var count: Int { jobs.count }

    // MARK: Coming and going

    /// Enters a job, or moves it forward when it waits already. One in work is left alone: its
    /// plan is made when its work ends.
    mutating func add(_ id: QueueID, _ name: Destination, _ plan: Plan, now: Timestamp) {
        let destination = destinations.number(of: name)
        if let job = jobs.find(id, to: destination) {
            guard jobs[job].phase == .waiting,
                plan.isForced || plan.due < jobs[job].due && !jobs[job].isResting
            else { return }
            withdraw(job)
            replan(job, plan, now)
        } else {
            let job = jobs.insert(
                Job(id: id, destination: destination, host: hosts.join(plan.virtualHost), plan))
            destinations[destination].jobs += 1
            if plan.isForced { destinations[destination].forced += 1 }
            enter(job, now)
            offerToSession(job)
        }
    }

    /// The next job whose time and turn have come. It is in work until `finish`.
    mutating func take(now: Timestamp) -> Taken? {
        promote(now)
        let (first, second): (WayOut.Name, WayOut.Name) =
            lastWay == .local ? (.remote, .local) : (.local, .remote)
        if let job = next(first) {
            lastWay = first
            return taken(job)
        }
        return next(second).map { taken($0) }
    }

    func taken(_ job: Int32) -> Taken {
        Taken(
            id: jobs[job].id, destination: destinations[jobs[job].destination].name,
            isForced: jobs[job].isForced)
    }

    /// Ends the work on a job. Without a plan, its recipients have left the queue, wait for an
    /// operator, or go elsewhere now.
    mutating func finish(_ id: QueueID, _ name: Destination, _ plan: Plan?, now: Timestamp) {
        guard let job = find(id, name), jobs[job].phase == .inWork else { return }
        // What a session has had does not come back to it.
        let mayBeOffered = jobs[job].standing != .outside
        endWork(job)
        if let plan {
            replan(job, plan, now)
            if mayBeOffered { offerToSession(job) }
        } else {
            remove(job)
        }
        endGathering(id)
    }

    /// The same when nothing could be found out: the job comes back later.
    mutating func finish(_ id: QueueID, _ name: Destination, until due: Timestamp, now: Timestamp) {
        guard let job = find(id, name) else { return }
        let plan = Plan(
            due: due, virtualHost: hosts.name(jobs[job].host), lane: .retried, isResting: true)
        finish(id, name, plan, now: now)
    }

    /// Takes a message's jobs out of turn, for an operator: all, or the one for `only`. Those that
    /// are in work already stay with whom they are.
    mutating func claim(
        _ id: QueueID, only name: Destination? = nil
    ) -> (claimed: [Destination], inWork: [Destination]) {
        var claimed: [Destination] = []
        var inWork: [Destination] = []
        for job in Array(jobs.jobs(of: id)) {
            let destination = destinations[jobs[job].destination].name
            guard name == nil || destination == name else { continue }
            if jobs[job].phase == .inWork {
                inWork.append(destination)
            } else {
                withdraw(job)
                begin(job, .outside)
                claimed.append(destination)
            }
        }
        return (claimed, inWork)
    }

    /// Destinations of the message that are in work.
    func inWork(of id: QueueID) -> [Destination] {
        jobs.jobs(of: id).filter { jobs[$0].phase == .inWork }
            .map { destinations[jobs[$0].destination].name }
    }

    /// Whether a job of the message is to be handed out as soon as its turn comes.
    func hasReady(_ id: QueueID) -> Bool {
        jobs.jobs(of: id).contains { jobs[$0].phase == .ready || jobs[$0].phase == .gathering }
    }

    /// When the next waiting job is due. Jobs that are ready but for the limits do not count: the
    /// end of a lease brings their turn.
    var nextDue: Timestamp? { heap.first.map { jobs[$0].due } }

    /// Makes the jobs that wait due now, in the order of acceptance: those for `name`, or all.
    /// Returns how many were.
    mutating func force(_ name: Destination?, now: Timestamp) -> Int {
        var forced: [Int32] = []
        if let name {
            guard let destination = destinations.find(name) else { return 0 }
            destinations[destination].window?.reset()
            forced = waiting(for: destination)
        } else {
            for destination in destinations.all { forced += waiting(for: destination) }
        }
        forced.sort { jobs[$0].id < jobs[$1].id }
        for job in forced {
            withdraw(job)
            jobs[job].due = now
            setForced(job, true)
            makeReady(job)
        }
        return forced.count
    }

    /// The same for one destination, unless the last time it was done is not over: some of what was
    /// forced then is still to be tried or in work. Nil then.
    mutating func forceOnce(_ name: Destination, now: Timestamp) -> Int? {
        guard let destination = destinations.find(name) else { return 0 }
        guard destinations[destination].forced == 0 else { return nil }
        return force(name, now: now)
    }

    mutating func setForced(_ job: Int32, _ isForced: Bool) {
        guard jobs[job].isForced != isForced else { return }
        jobs[job].isForced = isForced
        destinations[jobs[job].destination].forced += isForced ? 1 : -1
    }

    func waiting(for destination: Int32) -> [Int32] {
        var found: [Int32] = []
        found.reserveCapacity(Int(destinations[destination].waitingCount))
        var job = destinations[destination].waiting.first
        while job != Chain.end {
            found.append(job)
            job = jobs[job].next
        }
        return found
    }

    // MARK: Phases

    func find(_ id: QueueID, _ name: Destination) -> Int32? {
        destinations.find(name).flatMap { jobs.find(id, to: $0) }
    }

    /// Gives a job that is nowhere its new plan.
    private mutating func replan(_ job: Int32, _ plan: Plan, _ now: Timestamp) {
        let host = hosts.join(plan.virtualHost)
        hosts.leave(jobs[job].host)
        jobs[job].host = host
        setForced(job, plan.isForced)
        jobs[job].adopt(plan)
        enter(job, now)
    }

    private mutating func enter(_ job: Int32, _ now: Timestamp) {
        if jobs[job].due <= now { makeReady(job) } else { makeWaiting(job) }
    }

    private mutating func offerToSession(_ job: Int32) {
        guard let session = destinations[jobs[job].destination].session else { return }
        sessions[session]?.append(jobs[job].id, jobs[job].destination)
    }

    private mutating func remove(_ job: Int32) {
        let (host, destination) = (jobs[job].host, jobs[job].destination)
        setForced(job, false)
        jobs.remove(job)
        hosts.leave(host)
        destinations[destination].jobs -= 1
        destinations.retire(destination)
    }

    private mutating func promote(_ now: Timestamp) {
        for _ in 0..<Self.promotions {
            guard let job = heap.first, jobs[job].due <= now else { return }
            withdraw(job)
            makeReady(job)
        }
    }

    private mutating func makeWaiting(_ job: Int32) {
        jobs[job].phase = .waiting
        heap.insert(job, &jobs)
        let destination = jobs[job].destination
        jobs.append(job, to: &destinations[destination].waiting)
        destinations[destination].waitingCount += 1
    }

    /// Takes the job out of where it waits.
    mutating func withdraw(_ job: Int32) {
        switch jobs[job].phase {
        case .waiting:
            let destination = jobs[job].destination
            heap.remove(job, &jobs)
            jobs.remove(job, from: &destinations[destination].waiting)
            destinations[destination].waitingCount -= 1
        case .ready: makeUnready(job)
        case .gathering, .inWork: break
        }
    }
}
