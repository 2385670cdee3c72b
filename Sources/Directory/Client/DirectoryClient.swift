package import Logging
internal import Metrics

/// The LDAP client: searches and changes over one connection, password checks over others, with
/// fail-over between servers and a deadline on everything.
///
/// Errors are values of the answers (`Lookup`, `ChangeOutcome`, `BindOutcome`); nothing throws.
/// Limits and times are `DirectoryConnectionConfiguration`'s.
package final class DirectoryClient: DirectorySearching {
    private let metrics: DirectoryMetrics
    private let configuration: DirectoryConnectionConfiguration
    private let gate: RequestGate
    private let connector: Connector
    private let binds: BindPool
    private let threads: [DedicatedThread]

    /// Starts connecting in the background; requests wait for it, each until its own deadline.
    package init(
        configuration: DirectoryConnectionConfiguration,
        metrics: DirectoryMetrics = DirectoryMetrics(), logger: Logger
    ) {
        precondition(!configuration.uris.isEmpty, "a directory without a URI")
        let gate = RequestGate(maximumRequests: configuration.maximumRequests)
        let connector = Connector(configuration: configuration, gate: gate, logger: logger)
        self.configuration = configuration
        self.metrics = metrics
        self.gate = gate
        self.connector = connector
        binds = BindPool(configuration: configuration, gate: gate, logger: logger)
        threads = [
            DedicatedThread(name: "ldap connect") { connector.run() },
            DedicatedThread(name: "ldap requests") {
                var loop = RequestLoop(
                    configuration: configuration, gate: gate, connector: connector, logger: logger)
                loop.run()
            },
        ]
    }

    package func search(_ request: SearchRequest) async -> Lookup<[DirectoryEntry]> {
        let stopwatch = Stopwatch()
        let answer = await withCheckedContinuation { continuation in
            submit(.search(request, continuation))
        }
        metrics.count(answer, after: stopwatch.nanoseconds)
        return answer
    }

    /// Makes a change. It is sent at most once, whatever happens to the connection.
    package func apply(_ change: DirectoryChange) async -> ChangeOutcome {
        await withCheckedContinuation { continuation in
            submit(.change(change, continuation))
        }
    }

    /// Checks a password on a connection of its own. An empty password is wrong, and nothing is
    /// sent: servers take such a bind for an anonymous one (RFC 4513 section 5.1.2).
    package func bind(dn: String, password: [UInt8]) async -> BindOutcome {
        await binds.bind(dn: dn, password: password)
    }

    /// Answers what still waits with `unavailable`, closes all connections and ends the threads.
    /// Call it once; a thread that is connecting ends at `connectTimeout` at the latest.
    package func shutDown() async {
        gate.stop()
        connector.stop()
        binds.stop()
        // Joining blocks, so it gets a thread too: the caller's may be an event loop's.
        await withCheckedContinuation { continuation in
            DedicatedThread.detach(name: "ldap shutdown") { [threads, binds] in
                for thread in threads { thread.join() }
                binds.join()
                continuation.resume()
            }
        }
    }

    package var connectionCount: Int { gate.connectionCount }

    private func submit(_ operation: DirectoryRequest.Operation) {
        let request = DirectoryRequest(
            operation, deadline: .now + configuration.operationTimeout)
        if let fault = gate.submit(request) { request.fail(fault) }
    }
}
