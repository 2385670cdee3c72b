internal import NIOCore
internal import Transport

/// A connection to a home server, where the user is logged in.
struct HomeConnection: Sendable {
    let connection: Connection
    let host: String
    /// What the client is to be told of the login.
    let answer: String
    /// Octets that have come behind the reply to the login.
    let unread: ByteBuffer
}
