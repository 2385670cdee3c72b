internal import Directory
internal import IMAP
internal import Logging
internal import NIOCore
internal import Transport

/// Sessions of users whose mailboxes another server has.
extension IMAPSession {
    /// Logs in there. The reply to the client names what that server can do.
    func proxied(_ account: Account, _ host: String, _ message: [UInt8]) async -> Completion {
        guard let proxy = service.proxy else { return .no("Not available", code: "UNAVAILABLE") }
        switch await proxy.connect(account, to: host, .imap, message: message, near: connection) {
        case .success(let home):
            self.home = home
            return .ok(
                "Logged in", code: home.answer.isEmpty ? nil : "CAPABILITY \(home.answer)")
        case .failure(let failure):
            return switch failure.kind {
            case .unavailable:
                .no("Your mail server can't be reached, try again later", code: "UNAVAILABLE")
            case .refused: .no("Your mail server refuses the login", code: "AUTHENTICATIONFAILED")
            case .inUse: .no("Too many connections of this account", code: "LIMIT")
            }
        }
    }

    /// From the reply to the login on, octets go by unread.
    func serve(by home: HomeConnection) async -> IMAPEnding {
        let place = user?.place
        let splice = Splice(
            connection, home.connection, idleTimeout: service.configuration.idleTimeout,
            mayGoOn: {
                if case .ended = place?.takeNews() { false } else { true }
            })
        let ending = await splice.run(unread: reader.takeUnreadInput(), greeting: home.unread)
        counters.received += splice.counts.received
        counters.sent += splice.counts.sent
        if splice.endsLine { sayGoodbye(afterHome: ending) }
        if case .broken(let cause) = ending {
            logger.debug(
                "proxied session broke", metadata: ["home": "\(home.host)", "cause": "\(cause)"])
        }
        let result = IMAPEnding(ofHome: ending)
        leaveAccount(result)
        await connection.close(after: takeOutput())
        return result
    }

    /// The home server has not said why the session ends when it is this one that ends it.
    private func sayGoodbye(afterHome ending: Splice.Ending) {
        switch ending {
        case .shutdown: sayBye(.shutdown, "Server is shutting down", code: "UNAVAILABLE")
        case .idle: sayBye(.idle, "Idle for too long")
        case .revoked:
            sayBye(.disabled, "This account may not use IMAP any more", code: "UNAVAILABLE")
        case .home, .client, .broken: return
        }
    }
}

extension IMAPEnding {
    fileprivate init(ofHome ending: Splice.Ending) {
        self =
            switch ending {
            case .home: .logout
            case .client: .disconnected
            case .idle: .idle
            case .shutdown: .shutdown
            case .revoked: .disabled
            case .broken: .failed
            }
    }
}
