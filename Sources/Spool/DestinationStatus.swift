/// How a destination stands in the schedule. Messages whose recipients are all held do not count.
package struct DestinationStatus: Sendable, Equatable {
    package var destination: Destination
    /// Shares of messages that wait for their time.
    package var waiting: Int
    /// Those whose time has come, and that wait for their turn.
    package var ready: Int
    package var inWork: Int
    /// Of them, those that wait for a host which does not answer.
    package var slow: Int
    /// Leases at one time, as the host has proved to take them; nil: without a limit of its own.
    package var limit: Int?
    /// A `DestinationSession` has it to itself.
    package var isInSession = false
    /// Some of what somebody wanted tried before its time has not been.
    package var isDequeuing = false
}
