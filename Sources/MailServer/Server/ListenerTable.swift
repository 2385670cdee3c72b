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
        let hosts = all.lazy.filter { $0.listener.port == Int(place.port) && !$0.listener.isLocal }
        return Self.reaches(hosts.map(\.host), place.address)
    }

    /// Whether a connection to the address comes to a listener on one of these hosts.
    static func reaches(_ hosts: some Sequence<String>, _ address: String) -> Bool {
        let address = plain(address)
        let hosts = Array(hosts)
        if hosts.contains(address) { return true }
        // All of 127/8 is this host.
        return hosts.contains { $0 == "0.0.0.0" || $0 == "::" }
            && (address.hasPrefix("127.") || OwnAddresses.current().contains(address))
    }

    /// An IPv4 address in the form of IPv6 (RFC 4291 section 2.5.5.2) as itself; the address of no host,
    /// to which a connection goes to this one, as 127.0.0.1.
    private static func plain(_ address: String) -> String {
        let mapped = "::ffff:"
        var address = address.lowercased()
        if address.hasPrefix(mapped), address.contains(".") { address.removeFirst(mapped.count) }
        return address == "0.0.0.0" || address == "::" ? "127.0.0.1" : address
    }

    /// Whether all of them are open and the server has not begun to stop.
    var isAccepting: Bool {
        get { accepting.load(ordering: .relaxed) }
        set { accepting.store(newValue, ordering: .relaxed) }
    }

    var all: [Entry] { entries.withLock { $0 } }
}
