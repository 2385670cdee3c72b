/// How many sessions a service serves at once, and how long it waits for a client that does not
/// read.
package struct ConnectionLimits: Sendable {
    /// Concurrent sessions of the service, all its listeners together.
    package var total: Int
    /// Concurrent sessions from one IPv4 address or one IPv6 /64.
    package var perAddress: Int
    /// A connection whose unsent bytes made no progress for this long is closed.
    package var writeTimeout: Duration

    package init(total: Int = 256, perAddress: Int = 50, writeTimeout: Duration = .seconds(120)) {
        self.total = total
        self.perAddress = perAddress
        self.writeTimeout = writeTimeout
    }
}
