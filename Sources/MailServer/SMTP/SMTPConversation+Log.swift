import Directory
import Logging
import MailModel
import SMTP
import Storage

/// One line for each thing that an administrator asks about.
extension SMTPConversation {
    /// The cause may hold what a client sent: nothing of it can end the line.
    func log(
        _ event: Logger.Message, level: Logger.Level = .info,
        cause: @autoclosure () -> String? = nil
    ) {
        guard service.logger.logLevel <= level else { return }
        var metadata: Logger.Metadata = ["client": "\(address)"]
        if let cause = cause() { metadata["cause"] = "\(cause.printable)" }
        service.logger.log(level: level, event, metadata: metadata)
    }

    func logAccepted(_ draft: MessageDraft, _ transaction: MailTransaction) {
        service.history?.accepted(
            draft.id, from: transaction.mail.reversePath, recipients: recipients.routed,
            size: draft.size, client: address,
            login: session.isAuthenticated ? account?.login : nil)
        guard service.logger.logLevel <= .info else { return }
        var metadata: Logger.Metadata = [
            "id": .string(draft.id.description), "client": .string(address),
            "from": "<\(transaction.mail.reversePath.description.printable)>",
            "to": "<\(transaction.recipients[0].address.description.printable)>",
            "recipients": .string(recipients.routed.count.description),
            "size": .string(draft.size.description),
        ]
        if session.isAuthenticated, let account {
            metadata["login"] = "\(account.login.printable)"
        }
        service.logger.info("message accepted", metadata: metadata)
    }
}
