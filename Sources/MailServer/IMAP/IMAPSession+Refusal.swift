internal import Directory
internal import IMAP
internal import Logging
internal import MailModel
internal import Storage

/// What a client is told of an error; its cause goes to the log.
extension IMAPSession {
    func refusal(_ error: MailboxError) -> CommandFailure {
        switch error {
        case .alreadyExists: return .no("Mailbox exists already", code: "ALREADYEXISTS")
        case .nonexistent: return .no("No such mailbox", code: "NONEXISTENT")
        case .targetNonexistent: return .no("No such mailbox", code: "TRYCREATE")
        case .overQuota: return .no("Quota exceeded", code: "OVERQUOTA")
        case .limit(let what): return .no("Limit reached: \(what)", code: "LIMIT")
        case .unavailable(let error): return refusal(error)
        }
    }

    func refusal(_ error: MailError) -> CommandFailure {
        logger.error(
            "IMAP command failed",
            metadata: [
                "account": "\(user.map { "\($0.account.id)" } ?? "")", "error": "\(error)",
                "cause": "\(error.cause ?? "")",
            ])
        // RFC 3463 X.3.1: mail system full.
        if error.status == EnhancedStatusCode(4, 3, 1) {
            return .no("\(error.text), try again later", code: "LIMIT")
        }
        return error.isTemporary
            ? .no("Temporarily not possible, try again later", code: "UNAVAILABLE")
            : .no("Internal error", code: "SERVERBUG")
    }

    /// The directory has not answered.
    func directoryUnavailable(_ cause: String) -> CommandFailure {
        logger.warning("IMAP command failed", metadata: ["cause": "\(cause)"])
        return .no("Temporarily not possible, try again later", code: "UNAVAILABLE")
    }
}
