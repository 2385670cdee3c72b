import Authentication
import Directory
import Logging
import MailModel
import SMTP
import Transport

/// AUTH: the exchange over SASL (RFC 4954).
extension SMTPConversation {
    func mechanisms() -> [String] {
        service.sasl?.mechanisms(for: clientContext()) ?? []
    }

    private func clientContext() -> ClientContext {
        ClientContext(
            service: "smtp", connection: connection,
            allowsPlaintextWithoutTLS: settings.allowsLoginWithoutTLS,
            previousFailures: failedLogins)
    }

    func beginAuthentication(_ mechanism: String, _ response: [UInt8]?) async {
        let context = clientContext()
        guard let sasl = service.sasl else {
            return await fail(
                AuthenticationFailure(.unknownMechanism, cause: "no SASL on this listener"))
        }
        guard let exchange = sasl.begin(mechanism, context) else {
            return await fail(sasl.refusal(of: mechanism, context))
        }
        self.exchange = exchange
        await stepAuthentication(response)
    }

    func stepAuthentication(_ response: [UInt8]?) async {
        guard let exchange else {
            return await fail(AuthenticationFailure(.malformed, cause: "no exchange is under way"))
        }
        switch await exchange.step(response) {
        case .challenge(let challenge): session.challenge(challenge, &output)
        case .done(.success(let account, let login), let serverFinal):
            self.exchange = nil
            self.account = account
            log("login", cause: login == account.login ? login : "\(account.login) by \(login)")
            session.authenticationSucceeded(serverFinal: serverFinal, &output)
        case .done(.failure(let failure), _):
            self.exchange = nil
            await fail(failure)
        }
    }

    func cancelAuthentication() {
        exchange = nil
        account = nil
    }

    private func fail(_ failure: AuthenticationFailure) async {
        failedLogins += 1
        log("login failed", cause: "\(failure)")
        await pause(failure.delay)
        session.authenticationFailed(
            failure.reply, closing: failure.closeConnection, &output)
    }
}

extension AuthenticationFailure {
    /// RFC 4954 section 6.
    fileprivate var reply: SMTPReply {
        switch kind {
        case .invalidCredentials, .disabled, .locked, .passwordExpired, .mustChangePassword,
            .notAuthorized:
            SMTPReply(535, .init(5, 7, 8), "Authentication credentials invalid")
        case .unavailable, .tooManyFailures:
            SMTPReply(454, .init(4, 7, 0), "Temporary authentication failure")
        case .malformed: SMTPReply(501, .init(5, 5, 2), "Cannot decode response")
        case .unknownMechanism: SMTPReply(504, .init(5, 5, 4), "Mechanism not supported")
        case .encryptionRequired:
            SMTPReply(
                538, .init(5, 7, 11), "Encryption required for the requested mechanism")
        }
    }
}
