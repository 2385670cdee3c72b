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

    func add(_ name: String, _ host: String, _ listener: Listener) {
        entries.withLock { $0.append(Entry(name: name, host: host, listener: listener)) }
    }

    var all: [Entry] { entries.withLock { $0 } }
}
