internal import Authentication
internal import Directory
internal import InternetMessage
internal import Logging
internal import MailModel
internal import MailboxStore
internal import POP3
internal import Storage
internal import Transport

/// Logging in: who it is, and the maildrop.
extension POP3Driver {
    private var context: ClientContext {
        ClientContext(
            service: "pop", connection: connection,
            allowsPlaintextWithoutTLS: options.loginWithoutTLS, previousFailures: login.failures)
    }

    func verify(_ name: String, _ password: [UInt8]) async throws(ConnectionError) {
        login.method = "USER"
        try await conclude(
            await service.authentication.verifyPassword(login: name, password: password, context),
            password: password)
    }

    /// - Parameter initial: base 64.
    func beginExchange(_ mechanism: String, _ initial: [UInt8]?) async throws(ConnectionError) {
        let context = context
        guard let exchange = service.authentication.begin(mechanism, context) else {
            return try await fail(service.authentication.refusal(of: mechanism, context))
        }
        login.method = mechanism
        login.exchange = exchange
        guard let initial else { return try await handle(await exchange.step(nil)) }
        try await continueExchange(initial)
    }

    func continueExchange(_ response: [UInt8]) async throws(ConnectionError) {
        guard let response = Base64.decode(response[...]) else {
            return try await fail(AuthenticationFailure(.malformed, cause: "response is not base 64"))
        }
        if let proven = login.proven {
            // The client has seen the server's last word; there is nothing more to say.
            guard response.isEmpty else {
                return try await fail(
                    AuthenticationFailure(.malformed, cause: "response behind the exchange's end"))
            }
            return try await open(proven.account, provenBy: proven.login, nil)
        }
        guard let exchange = login.exchange else { return }
        try await handle(await exchange.step(response))
    }

    private func handle(_ step: SASLStep) async throws(ConnectionError) {
        switch step {
        case .challenge(let challenge):
            session.challenged(base64: Base64.encode(challenge), &replies)
        case .done(.success(let account, let name), serverFinal: let serverFinal?):
            login.proven = (account, name)
            session.challenged(base64: Base64.encode(serverFinal), &replies)
        case .done(let outcome, serverFinal: _):
            try await conclude(outcome, password: login.exchange?.password)
        }
    }

    private func conclude(
        _ outcome: AuthenticationOutcome, password: [UInt8]? = nil
    ) async throws(ConnectionError) {
        switch outcome {
        case .success(let account, authenticatedBy: let name):
            try await open(account, provenBy: name, password)
        case .failure(let failure):
            try await fail(failure)
        }
    }

    /// Answers after the delay that slows down guessing. Replies to earlier commands do not wait.
    private func fail(_ failure: AuthenticationFailure) async throws(ConnectionError) {
        endExchange()
        login.failures += 1
        logFailure(failure)
        if failure.delay > .zero {
            try await flush()
            do {
                try await Task.sleep(for: failure.delay)
            } catch {
                throw ConnectionError.closed  // the task was cancelled: nobody waits for an answer
            }
        }
        session.loginFailed(failure.shown, closing: failure.closeConnection, &replies)
    }

    private func open(
        _ account: Account, provenBy name: String, _ password: [UInt8]?
    ) async throws(ConnectionError) {
        endExchange()
        if let host = account.homeServer?.host, let proxy = service.proxy,
            host != service.configuration.session.hostName.lowercased()
        {
            return await open(
                account, provenBy: name, at: host,
                proxy.message(for: account, login: name, password: password))
        }
        do throws(MaildropError) {
            let opened = try await service.mailboxes.openMaildrop(account: account.id)
            maildrop = opened
            login.succeeded = (account, name)
            session.loggedIn(
                Maildrop(
                    uidValidity: opened.uidValidity,
                    messages: opened.messages.map { $0.listed(isUTF8: session.isUTF8) }),
                &replies)
            logger.debug(
                "POP3 login", metadata: ["login": "\(name)", "remote": "\(connection.remoteAddress)"])
        } catch {
            switch error {
            case .locked:
                logFailure(account, "another session has the maildrop")
                session.loginFailed(.inUse, &replies)
            case .unavailable(let cause):
                logFailure(account, "\(cause)")
                session.loginFailed(cause.isTemporary ? .temporary : .permanent, &replies)
            }
        }
    }

    private func endExchange() {
        login.exchange = nil
        login.proven = nil
    }
}

extension AuthenticationFailure {
    /// What the client is told: a failed login looks the same whether there is such a login or not.
    fileprivate var shown: LoginFailure {
        switch kind {
        case .unavailable: .temporary
        case .malformed: .malformedResponse
        case .unknownMechanism: .mechanismUnavailable
        case .encryptionRequired: .encryptionRequired
        case .tooManyFailures: .tooManyFailures
        case .invalidCredentials, .disabled, .locked, .passwordExpired, .mustChangePassword,
            .notAuthorized:
            .credentials
        }
    }
}
