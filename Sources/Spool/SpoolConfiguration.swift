/// Limits of the queue in memory.
package struct SpoolConfiguration: Sendable {
    /// Messages in work at one time.
    package var maximumLeases = 64
    /// Of them, those that were tried before: mail for hosts that do not answer must not keep
    /// new mail waiting.
    package var maximumRetriedLeases = 48
    /// Of them, those of one virtual host.
    package var maximumLeasesPerDomain = 16
    /// How long a message rests whose entry could not be read or recorded.
    package var storageRetryDelay: Duration = .seconds(10)
    /// Most entries in one answer to an operator.
    package var maximumListing = 1000

    package init() {}
}
