/// Limits of the queue in memory.
package struct SpoolConfiguration: Sendable {
    /// Leases for mailboxes here and for reports at one time.
    package var maximumLocalLeases = 64
    /// Leases for other hosts at one time, which is as many SMTP sessions.
    package var maximumRemoteLeases = 30
    /// Besides them, those that wait for a host which does not answer.
    package var maximumSlowLeases = 200
    /// Besides these, those that wait for the answer to a whole message: they can't be given up.
    package var maximumUnansweredLeases = 1000
    /// Leases of one destination: at first, and at most once it has proved able to take them.
    package var initialDestinationLeases = 5
    package var maximumDestinationLeases = 20
    /// Turns in a round of the virtual hosts that have not one each, by their domain; for others
    /// somebody may be asked, see `Spool.keepWeights`.
    package var weights: [String: Int] = [:]
    /// How often the others are asked for again while they have mail.
    package var weightLifetime: Duration = .seconds(30)
    /// Whole entries of new mail that are kept, so that its first attempt reads nothing, and
    /// about how many octets they may take.
    package var maximumKeptEntries = 1024
    package var maximumKeptOctets = 4 << 20
    /// How long a share rests whose entry could not be read or recorded.
    package var storageRetryDelay: Duration = .seconds(10)
    /// Most entries in one answer to an operator.
    package var maximumListing = 1000

    package init() {}
}
