/// The virtual hosts that have jobs, by small numbers, with how many turns each has in a round.
struct VirtualHosts {
    private struct Host {
        let name: String
        let weight: Int32
        var jobs = 0
    }

    private let weights: [String: Int]
    private var hosts = Slab<Host>()
    private var numbers: [String: Int32] = [:]

    init(weights: [String: Int]) { self.weights = weights }

    func weight(_ host: Int32) -> Int32 { hosts[host].weight }
    func name(_ host: Int32) -> String { hosts[host].name }

    /// Counts one more job of the host.
    mutating func join(_ name: String) -> Int32 {
        if let number = numbers[name] {
            hosts[number].jobs += 1
            return number
        }
        let weight = Int32(clamping: max(weights[name] ?? 1, 1))
        let number = hosts.insert(Host(name: name, weight: weight, jobs: 1))
        numbers[name] = number
        return number
    }

    mutating func leave(_ host: Int32) {
        hosts[host].jobs -= 1
        guard hosts[host].jobs == 0 else { return }
        numbers[hosts[host].name] = nil
        hosts.remove(host)
    }
}
