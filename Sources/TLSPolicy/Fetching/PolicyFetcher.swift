internal import Synchronization

/// Fetches policy files by HTTPS (RFC 8461 section 3.3), on threads of its own.
///
/// The host's certificate must be valid for it (PKIX); redirections are not followed, proxies of the
/// environment not used, names not looked up. The file is text/plain of at most 64 KiB.
package final class PolicyFetcher: Sendable {
    package struct Configuration: Sendable {
        /// For a fetch as a whole, waiting for a thread included (RFC 8461 section 3.3: a minute).
        package var deadline = Duration.seconds(60)
        package var port: UInt16 = 443
        /// A PEM file of the authorities to trust, instead of the system's.
        package var authorities: String?
        /// Fetches at the same time.
        package var threads = 32
        /// Fetches that wait for others.
        package var waiting = 1000

        package init() {}
    }

    private let configuration: Configuration
    private let threads: WorkerThreads
    private let isStopping = Atomic(false)

    package init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        threads = WorkerThreads(limit: configuration.threads, waitingLimit: configuration.waiting)
    }

    /// The policy file of `host`, which is `mta-sts.DOMAIN` in A-labels.
    ///
    /// - Parameter addresses: of the host, IPv4 or IPv6, in text.
    package func fetch(
        host: String, addresses: [String]
    ) async throws(PolicyFetchError) -> [UInt8] {
        guard !addresses.isEmpty else { throw .noAddress }
        let end = ContinuousClock.now + configuration.deadline
        let result = await threads.run { [self] in
            transfer(host: host, addresses: addresses, until: end)
        }
        guard let result else { throw .busy }
        return try result.get()
    }

    /// Ends fetches that are under way, within a second or so, and begins no more.
    package func stop() { isStopping.store(true, ordering: .relaxed) }

    private func transfer(
        host: String, addresses: [String], until end: ContinuousClock.Instant
    ) -> Result<[UInt8], PolicyFetchError> {
        let rest = end - .now
        guard !isStopping.load(ordering: .relaxed) else { return .failure(.busy) }
        guard rest > .zero else { return .failure(.timedOut) }
        let transfer = PolicyTransfer { [self] in isStopping.load(ordering: .relaxed) }
        return transfer.run(
            host: host, port: configuration.port, addresses: addresses,
            authorities: configuration.authorities, within: rest)
    }
}
