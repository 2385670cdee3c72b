internal import MailModel

/// Two sockets can't have one address and port.
extension ConfigurationSection {
    private struct Place {
        var key: String
        var address: String
        var port: Int

        /// The wildcards are all addresses of their kind.
        func overlaps(_ other: Place) -> Bool {
            guard port == other.port, port != 0 else { return false }
            guard let mine = IPNetwork(address), let others = IPNetwork(other.address) else {
                return address == other.address
            }
            return mine == others
                || ["0.0.0.0", "::"].contains { text in
                    let all = IPNetwork(text == "::" ? "::/0" : "0.0.0.0/0")!
                    return [mine, others].contains(IPNetwork(text)!) && all.contains(address)
                        && all.contains(other.address)
                }
        }
    }

    /// Of the root section: tells listeners where others are already.
    func problems(_ listeners: [ListenerConfiguration], _ monitoring: MonitoringSettings) {
        var places = listeners.flatMap { listener in
            listener.addresses.map {
                Place(key: "listeners.\(listener.name)", address: $0, port: listener.port)
            }
        }
        if let port = monitoring.port {
            places.append(Place(key: "monitoring", address: monitoring.address, port: port))
        }
        var told: Set<String> = []
        for (index, place) in places.enumerated() {
            guard let other = places[..<index].first(where: { $0.overlaps(place) }),
                told.insert(place.key).inserted
            else { continue }
            problem(
                of: place.key,
                "\(place.address) port \(place.port) is taken by \(other.key) (\(other.address)); "
                    + "expected another port or address")
        }
    }

    /// - Parameter path: of a key, at most two levels below this section.
    private func problem(of path: String, _ expected: String) {
        let names = path.split(separator: ".", maxSplits: 1).map(String.init)
        guard names.count == 2 else { return problem(names[0], expected) }
        section(names[0]).problem(names[1], expected)
    }
}
