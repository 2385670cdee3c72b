internal import Logging
internal import Synchronization

/// Opens the request loop's connections on a thread of its own, because name look-up, TCP and TLS
/// block, and searches on a working connection must not wait for them. An open connection is handed
/// to the loop and not touched here again.
///
/// While no server answers it tries all of them again and again, with a growing delay between the
/// rounds. While a server that is not the first one serves, it tries those before it every
/// `probeInterval`.
final class Connector: Sendable {
    private enum Order {
        case find(avoiding: Int?)
        case watch(index: Int)
        case stop
    }

    private let configuration: DirectoryConnectionConfiguration
    private let gate: RequestGate
    private let logger: Logger
    private let order = Mutex(Order.find(avoiding: nil))
    private let wakeUp = WakeUp()

    init(configuration: DirectoryConnectionConfiguration, gate: RequestGate, logger: Logger) {
        self.configuration = configuration
        self.gate = gate
        self.logger = logger
    }

    /// Asks for a connection. A server that was silent until a deadline is tried last.
    func find(avoiding index: Int?) {
        order.withLock { if case .stop = $0 {} else { $0 = .find(avoiding: index) } }
        wakeUp.signal()
    }

    func stop() {
        order.withLock { $0 = .stop }
        wakeUp.signal()
    }

    func run() {
        var delay = configuration.reconnectDelay.lowerBound
        var connectedAt: ContinuousClock.Instant?
        var reported: String?
        while true {
            switch order.withLock({ $0 }) {
            case .stop:
                return
            case .watch(index: 0):
                wakeUp.wait(until: nil)
            case .watch(let index):
                wakeUp.wait(until: .now + configuration.probeInterval)
                probe(before: index)
            case .find(let avoided):
                // A server that takes connections and drops them gets no more than one per delay.
                if let connectedAt, .now - connectedAt < .seconds(1) { pause(&delay) }
                guard let cause = connect(avoiding: avoided) else {
                    connectedAt = .now
                    reported = nil
                    delay = configuration.reconnectDelay.lowerBound
                    continue
                }
                if reported != cause {
                    logger.error("No directory server answers", metadata: ["cause": "\(cause)"])
                    reported = cause
                }
                connectedAt = nil
                pause(&delay)
            }
        }
    }

    private func pause(_ delay: inout Duration) {
        wakeUp.wait(until: .now + delay)
        delay = min(delay * 2, configuration.reconnectDelay.upperBound)
    }

    /// One round over all servers. Returns why none could be used.
    private func connect(avoiding avoided: Int?) -> String? {
        var faults: [DirectoryFault] = []
        var indices = Array(configuration.uris.indices)
        if let avoided { indices = indices.filter { $0 != avoided } + [avoided] }
        for index in indices {
            if case .stop = order.withLock({ $0 }) { return "shutting down" }
            do {
                serve(try open(index))
                return nil
            } catch {
                faults.append(error)
            }
        }
        let fault = DirectoryFault(noServer: faults)
        gate.deliver(.noServer(fault))
        return fault.cause
    }

    private func probe(before current: Int) {
        for index in 0..<current {
            // The loop may have lost its connection or may be stopping: that goes first.
            guard case .watch = order.withLock({ $0 }) else { return }
            do {
                serve(try open(index))
                return
            } catch {
                logger.debug("Directory server is still away", metadata: ["cause": "\(error)"])
            }
        }
    }

    private func serve(_ connection: LDAPConnection) {
        logger.info("Connected to the directory", metadata: ["uri": "\(connection.uri)"])
        order.withLock { if case .stop = $0 {} else { $0 = .watch(index: connection.index) } }
        gate.deliver(.connected(connection))
    }

    private func open(_ index: Int) throws(DirectoryFault) -> LDAPConnection {
        try LDAPConnection.open(
            index: index, configuration: configuration, until: .now + configuration.connectTimeout)
    }
}
