internal import Authentication
internal import Directory
internal import IMAP
internal import Logging
internal import MailModel
internal import MailboxStore
internal import Transport

/// From a proven identity to a session of its account.
extension IMAPSession {
    var clientContext: ClientContext {
        ClientContext(
            service: "imap", connection: connection,
            allowsPlaintextWithoutTLS: options.loginWithoutTLS,
            previousFailures: login?.failures ?? 0)
    }

    /// Passwords and exchanges are possible on this connection as it is now.
    var allowsLogins: Bool { connection.tls != nil || options.loginWithoutTLS }

    /// - Parameter password: what has proved it, when that is known.
    func conclude(
        _ outcome: AuthenticationOutcome, password: [UInt8]? = nil
    ) async throws(CommandFailure) -> Completion {
        switch outcome {
        case .success(let account, authenticatedBy: let name):
            try await open(account, provenBy: name, password)
        case .failure(let failure):
            try await fail(failure)
        }
    }

    /// Answers after the delay that slows down guessing. Replies to earlier commands do not wait.
    func fail(_ failure: AuthenticationFailure) async throws(CommandFailure) -> Completion {
        login?.failures += 1
        logFailure(failure)
        if failure.delay > .zero {
            do throws(ConnectionError) { try await flush() } catch { throw .connection(error) }
            do {
                try await Task.sleep(for: failure.delay)
            } catch {
                throw .connection(.closed)  // the task was cancelled: nobody waits for an answer
            }
        }
        if failure.closeConnection { sayBye(.refused, "Too many failed logins") }
        return failure.completion
    }

    private func open(
        _ account: Account, provenBy name: String, _ password: [UInt8]?
    ) async throws(CommandFailure) -> Completion {
        let home = account.homeServer?.host
        let isElsewhere = home != nil && home != service.configuration.hostName.lowercased()
        var message: [UInt8]?
        if isElsewhere, let home {
            message = service.proxy?.message(for: account, login: name, password: password)
            guard message != nil, service.proxy?.configuration.refersIMAP == false else {
                return referral(account, home)
            }
        }
        guard let place = service.sessions.admit(account, wake: { [connection] in connection.wake() })
        else {
            logRefusal(account, "too many sessions")
            return .no("Too many connections of this account", code: "LIMIT")
        }
        user = IMAPUser(
            account, login: name, method: login?.method ?? "",
            mailboxes: service.mailboxes.mailboxes(of: account.id), place: place)
        user?.client = login?.client
        if let message, let home {
            let completion = await proxied(account, home, message)
            guard self.home != nil else {
                user = nil
                return completion
            }
            login = nil
            return completion
        }
        login = nil
        reader.isLoggedIn = true
        logger.debug(
            "IMAP login", metadata: ["login": "\(name)", "remote": "\(connection.remoteAddress)"])
        return .ok("Logged in", code: "CAPABILITY \(capabilities)")
    }

    /// RFC 2221 section 4.1.
    private func referral(_ account: Account, _ host: String) -> Completion {
        logRefusal(account, "home is \(host)")
        let user = account.login.utf8.map { octet in
            octet.isURLSafe ? String(UnicodeScalar(octet)) : "%" + octet.hexadecimal
        }.joined()
        return .no(
            "Mailboxes are on another server: log in there",
            code: "REFERRAL imap://\(user);AUTH=*@\(host)/")
    }

    /// Ends the account's share of the session: at its end, and with UNAUTHENTICATE.
    func leaveAccount(_ ending: IMAPEnding) {
        deselect()
        notification = nil
        idling = nil
        logSession(ending)
        user = nil
    }

    /// What the registry has found out about the account.
    func attendToAccount() {
        guard let user, let news = user.place.takeNews() else { return }
        switch news {
        case .changed(let account): user.account = account
        case .ended(let reason):
            logger.notice(
                "IMAP session ended: \(reason)",
                metadata: ["account": "\(user.account.id)", "login": "\(user.login)"])
            sayBye(.disabled, "This account may not use IMAP any more", code: "UNAVAILABLE")
        }
    }
}

extension UInt8 {
    fileprivate var isURLSafe: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: true
        default: false
        }
    }

    fileprivate var hexadecimal: String {
        let digits = String(self, radix: 16, uppercase: true)
        return digits.count == 1 ? "0" + digits : digits
    }
}

extension AuthenticationFailure {
    /// RFC 9051 section 7.1. A failed login looks the same whether there is such a login or not.
    fileprivate var completion: Completion {
        switch kind {
        case .unavailable:
            .no("Temporary failure, try again later", code: "UNAVAILABLE")
        case .tooManyFailures:
            .no("Too many failed logins, try again later", code: "UNAVAILABLE")
        case .malformed: .bad("Not a response of this mechanism")
        case .unknownMechanism: .no("Mechanism not available", code: "CANNOT")
        case .encryptionRequired: .no("TLS is needed first", code: "PRIVACYREQUIRED")
        case .invalidCredentials, .disabled, .locked, .passwordExpired, .mustChangePassword,
            .notAuthorized:
            .no("Login or password is wrong", code: "AUTHENTICATIONFAILED")
        }
    }
}
