internal import MailModel
internal import NIOCore

/// Messages that are ready to be tried, by virtual host, in two lanes: fresh ones and those that
/// were tried before. Hosts take turns.
///
/// Holds ids only. An id may stand in a lane after its message has left or been rescheduled; the
/// schedule says on taking whether it still counts.
struct VirtualHosts {
    enum Lane { case fresh, retried }

    /// A host's number. Numbers of hosts that have no message are used again.
    typealias Index = Int

    private struct Host {
        var name: String
        /// Messages in the schedule, in work and elements of the lanes: it may go when all are 0.
        var messages = 0
        var inWork = 0
        var fresh = CircularBuffer<QueueID>()
        var retried = CircularBuffer<QueueID>()
        var freshInARow = 0
        var isInRound = false

        var isEmpty: Bool { fresh.isEmpty && retried.isEmpty }
    }

    /// After so many fresh messages in a row, one that was tried before has its turn.
    private static let freshRun = 7

    private var hosts: [Host] = []
    private var indexes: [String: Index] = [:]
    private var free: [Index] = []
    private var round = CircularBuffer<Index>()
    private(set) var inWork = 0
    private(set) var retriedInWork = 0

    /// Counts one more message for the host.
    mutating func join(_ name: String) -> Index {
        if let index = indexes[name] {
            hosts[index].messages += 1
            return index
        }
        let host = Host(name: name, messages: 1)
        let index: Index
        if let reused = free.popLast() {
            hosts[reused] = host
            index = reused
        } else {
            index = hosts.count
            hosts.append(host)
        }
        indexes[name] = index
        return index
    }

    mutating func leave(_ index: Index) {
        hosts[index].messages -= 1
        retire(index)
    }

    mutating func enqueue(_ id: QueueID, _ index: Index, _ lane: Lane) {
        switch lane {
        case .fresh: hosts[index].fresh.append(id)
        case .retried: hosts[index].retried.append(id)
        }
        if !hosts[index].isInRound {
            hosts[index].isInRound = true
            round.append(index)
        }
    }

    /// The next message whose turn it is, within the limits; it is in work from now on.
    /// - Parameter messages: tell whether an id still stands for a message that is ready.
    mutating func next(
        _ limits: SpoolConfiguration, among messages: [QueueID: ScheduledMessage]
    ) -> (id: QueueID, lane: Lane)? {
        guard inWork < limits.maximumLeases else { return nil }
        for _ in 0..<round.count {
            let index = round.removeFirst()
            hosts[index].isInRound = false
            var found: (id: QueueID, lane: Lane)?
            if hosts[index].inWork < limits.maximumLeasesPerDomain {
                found = pop(index, limits, messages)
            }
            if let found { begin(index, found.lane) }
            if hosts[index].isEmpty {
                retire(index)
            } else {
                hosts[index].isInRound = true
                round.append(index)
            }
            if let found { return found }
        }
        return nil
    }

    private mutating func pop(
        _ index: Index, _ limits: SpoolConfiguration, _ messages: [QueueID: ScheduledMessage]
    ) -> (id: QueueID, lane: Lane)? {
        while !hosts[index].isEmpty {
            let mayRetry =
                retriedInWork < limits.maximumRetriedLeases
                && !hosts[index].retried.isEmpty
            let retriedHasTurn =
                hosts[index].fresh.isEmpty
                || hosts[index].freshInARow >= Self.freshRun && mayRetry
            guard !retriedHasTurn || mayRetry else { return nil }
            let lane: Lane = retriedHasTurn ? .retried : .fresh
            let id =
                switch lane {
                case .fresh: hosts[index].fresh.removeFirst()
                case .retried: hosts[index].retried.removeFirst()
                }
            guard let message = messages[id], message.phase == .ready, message.host == index,
                message.lane == lane
            else { continue }
            hosts[index].freshInARow = retriedHasTurn ? 0 : hosts[index].freshInARow + 1
            return (id, lane)
        }
        return nil
    }

    /// Counts a message as in work.
    mutating func begin(_ index: Index, _ lane: Lane) {
        hosts[index].inWork += 1
        inWork += 1
        if lane == .retried { retriedInWork += 1 }
    }

    mutating func end(_ index: Index, _ lane: Lane) {
        hosts[index].inWork -= 1
        inWork -= 1
        if lane == .retried { retriedInWork -= 1 }
    }

    private mutating func retire(_ index: Index) {
        let host = hosts[index]
        guard host.messages == 0, host.inWork == 0, host.isEmpty, !host.isInRound else { return }
        indexes[host.name] = nil
        free.append(index)
    }
}
