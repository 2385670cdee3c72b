/// Whose connections they are: a listener's, which it has accepted, or a connector's, which go out.
/// All but `writeTimeout` is called on the connection's loop.
protocol ConnectionOwner: AnyObject, Sendable {
    /// A connection whose unsent bytes made no progress for this long is closed.
    var writeTimeout: Duration { get }

    /// The connection is up.
    func connectionOpened(_ connection: ConnectionHandler)

    /// A handshake is done that nobody waits for.
    func tlsEstablished(_ connection: ConnectionHandler)

    /// A handshake or a record is bad; the connection will be closed.
    func tlsFailed(_ connection: ConnectionHandler, _ error: ConnectionError)

    /// The socket is closed and the session is over. The last call, and the only one for a connection
    /// that never came up.
    func connectionEnded(_ connection: ConnectionHandler)
}
