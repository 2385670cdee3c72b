internal import Delivery
internal import Synchronization
internal import Transport

/// The listeners that are open.
final class ListenerTable: Sendable {
    struct Entry: Sendable {
        var name: String
        var host: String
        var listener: Listener
    }

    private let entries = Mutex<[Entry]>([])
    private let accepting = Atomic(false)

    func add(_ name: String, _ host: String, _ listener: Listener) {
        entries.withLock { $0.append(Entry(name: name, host: host, listener: listener)) }
    }

    /// Whether a connection to the address would come to one of these.
    func hasListener(at place: HostAddress) -> Bool {
        let candidates = all.filter { $0.listener.port == Int(place.port) && !$0.listener.isLocal }
        if candidates.contains(where: { $0.host == place.address }) { return true }
        return candidates.contains { $0.host == "0.0.0.0" || $0.host == "::" }
            && OwnAddresses.current().contains(place.address)
    }

    /// Whether all of them are open and the server has not begun to stop.
    var isAccepting: Bool {
        get { accepting.load(ordering: .relaxed) }
        set { accepting.store(newValue, ordering: .relaxed) }
    }

    var all: [Entry] { entries.withLock { $0 } }
}
