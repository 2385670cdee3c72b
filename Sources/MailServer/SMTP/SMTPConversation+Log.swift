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
        guard service.logger.logLevel <= .info else { return }
        var metadata: Logger.Metadata = [
            "id": "\(draft.id)", "client": "\(address)",
            "from": "<\(transaction.mail.reversePath.description.printable)>",
            "to": "<\(transaction.recipients[0].address.description.printable)>",
            "recipients": "\(recipients.routed.count)", "size": "\(draft.size)",
        ]
        if session.isAuthenticated, let account {
            metadata["login"] = "\(account.login.printable)"
        }
        service.logger.info("message accepted", metadata: metadata)
    }
}

extension String {
    /// Control characters as `?`, so that the text stays on its line.
    fileprivate var printable: String {
        guard unicodeScalars.contains(where: Self.isControl) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            text.unicodeScalars.append(Self.isControl(scalar) ? "?" : scalar)
        }
        return text
    }

    /// C0, DEL, C1, and the separators that some readers take for line ends.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029: true
        default: false
        }
    }
}
