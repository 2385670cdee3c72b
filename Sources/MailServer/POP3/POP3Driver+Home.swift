internal import Directory
internal import Logging
internal import NIOCore
internal import POP3
internal import Transport

/// Sessions of users whose maildrops another server has.
extension POP3Driver {
    /// Logs in there.
    /// - Parameter message: of PLAIN; nil when nothing is there to log in with.
    func open(
        _ account: Account, provenBy name: String, at host: String, _ message: [UInt8]?
    ) async {
        guard let message, let proxy = service.proxy else {
            logFailure(account, "home is \(host), and there are no credentials for it")
            return session.loginFailed(.permanent, &replies)
        }
        switch await proxy.connect(
            account, to: host, .pop3(isUTF8: session.isUTF8), message: message, near: connection)
        {
        case .success(let home):
            login.succeeded = (account, name)
            self.home = (home, session.handedOver(home.answer, &replies))
        case .failure(let failure):
            switch failure.kind {
            case .unavailable: session.loginFailed(.temporary, &replies)
            case .refused: session.loginFailed(.credentials, &replies)
            case .inUse: session.loginFailed(.inUse, &replies)
            }
        }
    }

    /// From the reply to the login on, octets go by unread.
    func serve(by home: HomeConnection, _ unread: ByteBuffer) async -> Ending {
        let splice = Splice(
            connection, home.connection, idleTimeout: service.configuration.idleTimeout)
        let ending = await splice.run(unread: unread, greeting: home.unread)
        retrieved.octets += splice.counts.sent
        if case .shutdown = ending, splice.endsLine {
            POP3Reply.error(.temporary, "server shutting down", &replies)
        }
        await connection.close(after: replies)
        switch ending {
        case .home: return .quit
        case .client: return .disconnected
        case .idle: return .idle
        case .shutdown: return .shutdown
        case .revoked: return .refused
        case .broken(let cause):
            logger.debug(
                "proxied session broke", metadata: ["home": "\(home.host)", "cause": "\(cause)"])
            return .failed
        }
    }
}
