/// Jobs that wait for their turn, of one way out and one lane. Virtual hosts take turns by their
/// weights, then the destinations of a host; a destination's jobs come by urgency, then in the
/// order in which they became ready.
///
/// A flow is what a host has for a destination. It is among its host's, or parked: in a chain of
/// the destination's own, until that can take more. So a destination that is blocked costs nothing.
struct ReadyJobs {
    struct Flow: Linked {
        let host: Int32
        let destination: Int32
        var previous = Chain.end
        var next = Chain.end
        /// By urgency.
        var jobs = InlineArray<5, Chain>(repeating: Chain())
        var isParked = false
        /// Turns left at the destination, where hosts take turns as well.
        var turns: Int32

        var isEmpty: Bool { jobs.indices.allSatisfy { jobs[$0].isEmpty } }

        /// Of one that is not empty.
        var firstJob: Int32 {
            for index in jobs.indices where !jobs[index].isEmpty { return jobs[index].first }
            return Chain.end
        }
    }

    private struct Host: Linked {
        var previous = Chain.end
        var next = Chain.end
        /// Awake ones; a host without any is not in the round.
        var flows = Chain()
        var turns: Int32
    }

    private var flows = Slab<Flow>()
    private var numbers: [UInt64: Int32] = [:]
    private var hosts = Slab<Host>()
    private var hostNumbers: [Int32: Int32] = [:]
    private var round = Chain()

    subscript(flow: Int32) -> Flow {
        _read { yield flows[flow] }
        _modify { yield &flows[flow] }
    }

    private static func key(_ host: Int32, _ destination: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: host)) << 32 | UInt64(UInt32(bitPattern: destination))
    }

    func flow(of host: Int32, to destination: Int32) -> Int32? {
        numbers[Self.key(host, destination)]
    }

    /// Makes a flow; it is neither awake nor parked yet.
    mutating func makeFlow(of host: Int32, to destination: Int32, weight: Int32) -> Int32 {
        let flow = flows.insert(Flow(host: host, destination: destination, turns: weight))
        numbers[Self.key(host, destination)] = flow
        return flow
    }

    /// The flow whose turn it is.
    var next: Int32? {
        round.isEmpty ? nil : hosts[round.first].flows.first
    }

    /// Lets the flow take its turns, behind the others of its host.
    mutating func wake(_ flow: Int32, weight: Int32) {
        let host = flows[flow].host
        if let number = hostNumbers[host] {
            hosts[number].flows.append(flow, in: &flows)
            return
        }
        let number = hosts.insert(Host(turns: weight))
        hostNumbers[host] = number
        hosts[number].flows.append(flow, in: &flows)
        round.append(number, in: &hosts)
    }


    /// - Parameter first: before the others that wait for the destination.
    mutating func park(_ flow: Int32, in chain: inout Chain, first: Bool) {
        flows[flow].isParked = true
        if first { chain.prepend(flow, in: &flows) } else { chain.append(flow, in: &flows) }
    }

    mutating func unpark(_ flow: Int32, from chain: inout Chain) {
        flows[flow].isParked = false
        chain.remove(flow, in: &flows)
    }

    /// Takes an awake flow out of its host's.
    mutating func rest(_ flow: Int32) {
        let host = flows[flow].host
        let number = hostNumbers[host]!
        hosts[number].flows.remove(flow, in: &flows)
        guard hosts[number].flows.isEmpty else { return }
        round.remove(number, in: &hosts)
        hosts.remove(number)
        hostNumbers[host] = nil
    }

    /// Forgets a flow without jobs that is neither awake nor parked.
    mutating func forget(_ flow: Int32) {
        numbers[Self.key(flows[flow].host, flows[flow].destination)] = nil
        flows.remove(flow)
    }

    /// Counts a turn of the flow and of its host, which are the first. The flow goes behind the
    /// others of its host, the host behind the others when it has had its turns.
    mutating func turn(_ flow: Int32, weight: Int32) {
        let number = hostNumbers[flows[flow].host]!
        flows[flow].turns -= 1
        hosts[number].flows.remove(flow, in: &flows)
        hosts[number].flows.append(flow, in: &flows)
        hosts[number].turns -= 1
        guard hosts[number].turns <= 0 else { return }
        hosts[number].turns = weight
        round.remove(number, in: &hosts)
        round.append(number, in: &hosts)
    }
}
