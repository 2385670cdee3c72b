/// The leases of one way out, into mailboxes here or to other hosts, which have limits of their own.
struct WayOut {
    enum Name: Int, CaseIterable { case local, remote }

    /// After so many fresh jobs in a row, one that was tried before has its turn.
    private static let freshRun = 7

    let limit: Int
    private var ready = [ReadyJobs(), ReadyJobs()]
    private(set) var inUse = 0
    private var retriedInUse = 0
    private var freshInARow = 0

    init(limit: Int) { self.limit = max(limit, 1) }

    subscript(lane: Job.Lane) -> ReadyJobs {
        _read { yield ready[Int(lane.rawValue)] }
        _modify { yield &ready[Int(lane.rawValue)] }
    }

    /// The lanes that may be served now, in the order in which they are to be asked.
    ///
    /// A quarter of the leases is kept for new mail: hosts that make retried mail wait must not
    /// keep it back.
    var lanes: [Job.Lane] {
        guard inUse < limit else { return [] }
        guard retriedInUse < max(limit * 3 / 4, 1) else { return [.fresh] }
        return freshInARow >= Self.freshRun ? [.retried, .fresh] : [.fresh, .retried]
    }

    mutating func begin(_ lane: Job.Lane) {
        inUse += 1
        if lane == .retried { retriedInUse += 1 }
        freshInARow = lane == .fresh ? freshInARow + 1 : 0
    }

    mutating func end(_ lane: Job.Lane) {
        inUse -= 1
        if lane == .retried { retriedInUse -= 1 }
    }

    /// A lease that gave back its place goes on, whatever the limit.
    mutating func resume(_ lane: Job.Lane) {
        inUse += 1
        if lane == .retried { retriedInUse += 1 }
    }
}
