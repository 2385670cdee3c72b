package import NIOCore

/// What ends a wait in `Connection.next()` or `nextSoon()`.
package enum ConnectionEvent: Sendable, Equatable {
    /// Octets of the client's.
    case input(ByteBuffer)
    /// `wake()` was called, once or more often, since the last time this was told.
    case woken
    /// The client sends no more.
    case end
    /// Nothing has come for a second or two. Of `nextSoon()` only.
    case quiet
}
