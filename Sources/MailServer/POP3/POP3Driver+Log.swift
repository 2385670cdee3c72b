internal import Authentication
internal import Directory
internal import Logging
internal import MailModel
internal import Transport

/// One line for each session that got in, when it ends; one for each login that did not.
extension POP3Driver {
    func logSession(_ ending: Ending) {
        guard let (account, name) = login.succeeded, logger.logLevel <= .info else { return }
        logger.info(
            "POP3 session",
            metadata: [
                "account": .string(account.id.description), "login": .string(name),
                "user": .string(account.login),
                "remote": .string(connection.remoteAddress.description),
                "listener": .string(options.name), "method": .string(login.method),
                "tls": connection.tls == nil ? "no" : "yes", "ending": .string(ending.rawValue),
                "retrieved": .string(retrieved.messages.description),
                "octets": .string(retrieved.octets.description),
                "deleted": .string(deleted.description),
            ])
    }

    func logFailure(_ failure: AuthenticationFailure) {
        logger.notice(
            "POP3 login failed",
            metadata: [
                "remote": "\(connection.remoteAddress)", "listener": "\(options.name)",
                "method": "\(login.method)", "cause": "\(failure)",
            ])
    }

    func logFailure(_ account: Account, _ cause: String) {
        logger.notice(
            "POP3 maildrop not opened",
            metadata: [
                "account": "\(account.id)", "remote": "\(connection.remoteAddress)",
                "cause": "\(cause)",
            ])
    }
}
