/// The virtual hosts that have jobs, by small numbers, with how many turns each has in a round.
struct VirtualHosts {
    private struct Host {
        let name: String
        var weight: Int32
        /// Somebody else may give it another weight.
        var isToBeAsked: Bool
        var jobs = 0
    }

    /// Of the administrator's choice: nobody else's counts.
    private let weights: [String: Int]
    private var hosts = Slab<Host>()
    private var numbers: [String: Int32] = [:]
    /// Hosts that have come with one turn, until somebody is asked for their weight.
    private var unweighted: Set<String> = []

    init(weights: [String: Int]) { self.weights = weights }

    func weight(_ host: Int32) -> Int32 { hosts[host].weight }
    func name(_ host: Int32) -> String { hosts[host].name }

    /// Counts one more job of the host.
    mutating func join(_ name: String) -> Int32 {
        if let number = numbers[name] {
            hosts[number].jobs += 1
            return number
        }
        let isToBeAsked = !name.isEmpty && weights[name] == nil
        if isToBeAsked { unweighted.insert(name) }
        let weight = Int32(clamping: max(weights[name] ?? 1, 1))
        let number = hosts.insert(
            Host(name: name, weight: weight, isToBeAsked: isToBeAsked, jobs: 1))
        numbers[name] = number
        return number
    }

    mutating func leave(_ host: Int32) {
        hosts[host].jobs -= 1
        guard hosts[host].jobs == 0 else { return }
        numbers[hosts[host].name] = nil
        unweighted.remove(hosts[host].name)
        hosts.remove(host)
    }

    // MARK: Weights that somebody else knows

    var hasUnweighted: Bool { !unweighted.isEmpty }

    mutating func takeUnweighted() -> Set<String> {
        defer { unweighted = [] }
        return unweighted
    }

    /// All whose weight somebody else decides.
    var toBeAsked: [String] {
        numbers.compactMap { hosts[$0.value].isToBeAsked ? $0.key : nil }
    }

    /// Counts from the host's next round on.
    mutating func setWeight(_ weight: VirtualHostWeight, of name: String) {
        guard let number = numbers[name], hosts[number].isToBeAsked else { return }
        switch weight {
        case .turns(let turns): hosts[number].weight = Int32(clamping: max(turns, 1))
        case .usual: hosts[number].isToBeAsked = false
        case .unknown: break
        }
    }
}

/// What is known of a virtual host's turns.
package enum VirtualHostWeight: Sendable, Equatable {
    /// So many now.
    case turns(Int)
    /// It has none of its own, and will have none while it has mail.
    case usual
    /// It can't be told now: those that it has.
    case unknown
}
