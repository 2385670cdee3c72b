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
            "account": "\(user.account.id)", "login": "\(user.login)",
            "user": "\(user.account.login)", "remote": "\(connection.remoteAddress)",
            "listener": "\(options.name)", "method": "\(user.method)",
            "tls": connection.tls == nil ? "no" : "yes",
            "compressed": isCompressed ? "yes" : "no", "ending": "\(ending.rawValue)",
            "commands": "\(counters.commands)", "received": "\(counters.received)",
            "sent": "\(counters.sent)",
        ]
        if let client = user.client { metadata["client"] = "\(client)" }
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
