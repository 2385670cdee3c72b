package import Metrics

/// What the engine's threads tell of their work.
package final class StorageMetrics: Sendable {
    /// From a batch's first octet to the end of its fdatasync, in nanoseconds.
    package let commitLatency = Histogram.latency()
    /// Records in a batch.
    package let commitRecords = Histogram(bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512])
    package let commitFailures = Counter()
    package let logActivity = Activity()

    /// Of an index transaction, in nanoseconds.
    package let transactionLatency = Histogram.latency()
    package let transactionFailures = Counter()
    package let indexActivity = Activity()

    package init() {}
}
