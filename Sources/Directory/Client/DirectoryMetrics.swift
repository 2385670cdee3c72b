package import Metrics
internal import Synchronization

/// How the directory answers searches.
package final class DirectoryMetrics: Sendable {
    /// From a search's request to its answer, in nanoseconds; of those that were answered.
    package let searchLatency = Histogram.latency()
    /// Searches without an answer that can be relied on.
    package let failures = Counter()
    private let lastAnswered = Atomic(true)

    package init() {}

    func count(_ answer: Lookup<[DirectoryEntry]>, after nanoseconds: Int) {
        if case .unavailable(let fault) = answer {
            failures.add()
            lastAnswered.store(!fault.kind.isSilence, ordering: .relaxed)
        } else {
            searchLatency.record(nanoseconds)
            lastAnswered.store(true, ordering: .relaxed)
        }
    }

    /// Whether a server said anything to the last search.
    package var isAnswering: Bool { lastAnswered.load(ordering: .relaxed) }
}

extension DirectoryFault.Kind {
    fileprivate var isSilence: Bool {
        switch self {
        case .connection, .timeout, .overload, .shutDown: true
        case .truncated, .missingBase, .refused, .ambiguous, .misconfigured: false
        }
    }
}
