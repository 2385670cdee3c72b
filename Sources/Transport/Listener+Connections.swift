import Logging

/// What a listener does when something becomes of its connections.
extension Listener: ConnectionOwner {
    var writeTimeout: Duration { limiter.limits.writeTimeout }

    func connectionOpened(_ connection: ConnectionHandler) {
        if let implicitTLS {
            connection.beginHandshake(timeout: tlsHandshakeTimeout) { () throws(ConnectionError) in
                try TLSEngine(implicitTLS)
            }
        } else {
            connection.startSession(handler)
        }
    }

    func tlsEstablished(_ connection: ConnectionHandler) {
        connection.startSession(handler)
    }

    func tlsFailed(_ connection: ConnectionHandler, _ error: ConnectionError) {
        logger.debug(
            "TLS failed",
            metadata: ["client": "\(connection.remoteAddress)", "error": "\(error.reason)"])
    }

    func connectionEnded(_ connection: ConnectionHandler) {
        connectionEnded(from: connection.remoteAddress)
    }

    func connectionEnded(from address: PeerAddress) {
        limiter.release(address)
        sessions.end()
    }
}
