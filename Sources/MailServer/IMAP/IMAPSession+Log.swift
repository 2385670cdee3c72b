internal import Authentication
internal import Directory
internal import Logging
internal import MailModel
internal import Transport

/// One line for each session that got in, when it ends; one for each login that did not.
extension IMAPSession {
    func logSession(_ ending: IMAPEnding) {
        guard let user, logger.logLevel <= .info else { return }
        var metadata: Logger.Metadata = [
            "account": .string(user.account.id.description), "login": .string(user.login),
            "user": .string(user.account.login),
            "remote": .string(connection.remoteAddress.description),
            "listener": .string(options.name), "method": .string(user.method),
            "tls": connection.tls == nil ? "no" : "yes",
            "compressed": isCompressed ? "yes" : "no", "ending": .string(ending.rawValue),
            "commands": .string(counters.commands.description),
            "received": .string(counters.received.description),
            "sent": .string(counters.sent.description),
        ]
        if let client = user.client { metadata["client"] = .string(client.description) }
        logger.info("IMAP session", metadata: metadata)
    }

    func logFailure(_ failure: AuthenticationFailure) {
        logger.notice(
            "IMAP login failed",
            metadata: [
                "remote": "\(connection.remoteAddress)", "listener": "\(options.name)",
                "method": "\(login?.method ?? "")", "cause": "\(failure)",
            ])
    }

    func logRefusal(_ account: Account, _ cause: String) {
        logger.notice(
            "IMAP login refused",
            metadata: [
                "account": "\(account.id)", "remote": "\(connection.remoteAddress)",
                "listener": "\(options.name)", "cause": "\(cause)",
            ])
    }
}
