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
        service.logger.event("message accepted") { fields in
            fields.add("client", address)
            fields.add("from", transaction.mail.reversePath)
            fields.add("id", draft.id.description)
            if session.isAuthenticated, let account {
                fields.add("login", account.login.printable)
            }
            fields.add("recipients", recipients.routed.count.description)
            fields.add("size", draft.size.description)
            fields.add("to", .address(transaction.recipients[0].address))
        }
    }
}
