internal import MailModel

/// What the schedule keeps of a message's share for one destination: 48 octets.
struct Job: Linked {
    enum Phase: UInt8 {
        /// For its time.
        case waiting
        /// Its time has come; for its turn.
        case ready
        /// A report that is not begun while the message's other recipients are in work, so that
        /// it tells of them, too.
        case gathering
        case inWork
    }

    /// What a lease counts against.
    enum Standing: UInt8 {
        case counted
        /// The limit for those that wait for a silent host, which gets no further lease.
        case slow
        /// The same limit; the host has answered before, and further leases may go there.
        case silent
        /// The limit for those that are done with their hosts and are being recorded.
        case sent
        /// Nothing: an operator or a destination's own session has it.
        case outside
    }

    /// New mail has its turns before mail that was tried before.
    enum Lane: UInt8 { case fresh, retried }

    let id: QueueID
    let destination: Int32
    var host: Int32
    var due: Timestamp
    /// The next one of the same message.
    var sibling = Chain.end
    /// Among those of the destination that wait, or those of a flow that are ready.
    var previous = Chain.end
    var next = Chain.end
    /// Where it stands in the heap when it waits; its flow when it is ready.
    var place = Chain.end
    var phase = Phase.waiting
    var standing = Standing.counted
    var lane = Lane.fresh
    /// 0 is the highest class.
    var urgency: UInt8 = 0
    var isForced = false
    /// Something could not be read or recorded: its time is not moved forward.
    var isResting = false

    init(id: QueueID, destination: Int32, host: Int32, _ plan: Schedule.Plan) {
        self.id = id
        self.destination = destination
        self.host = host
        due = plan.due
        adopt(plan)
    }

    /// Takes over all of it but the virtual host.
    mutating func adopt(_ plan: Schedule.Plan) {
        due = plan.due
        lane = plan.lane
        urgency = Self.urgency(plan.priority)
        isForced = plan.isForced
        isResting = plan.isResting
    }

    /// Classes of MT-PRIORITY (RFC 6710), each before the next.
    static let urgencies = 5

    private static func urgency(_ priority: Int8) -> UInt8 {
        switch priority {
        case 5...: 0
        case 1...: 1
        case 0: 2
        case (-4)...: 3
        default: 4
        }
    }
}
