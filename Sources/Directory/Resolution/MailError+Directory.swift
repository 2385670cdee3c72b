internal import MailModel

/// The refusals that the directory's answers lead to. An address that exists is refused for good
/// only when the directory says so (disabled) or when its mail would go round in circles.
extension MailError {
    /// RFC 3463 X.1.1: bad destination mailbox address.
    static func unknownUser(_ address: EmailAddress) -> MailError {
        MailError(
            550, .init(5, 1, 1), "User unknown", cause: "no entry has the address \(address)")
    }

    /// X.2.1: mailbox disabled, not accepting messages.
    static func disabled(_ what: String) -> MailError {
        MailError(550, .init(5, 2, 1), "Mailbox disabled", cause: "\(what) is disabled")
    }

    static func inactive(_ what: String) -> MailError {
        MailError(
            450, .init(4, 2, 1), "Mailbox not accepting messages now, try again later",
            cause: "\(what) is inactive")
    }

    /// X.2.4: mailing list expansion problem. Temporary: the address exists, and only an
    /// administrator can mend the group.
    static func groupProblem(_ cause: String) -> MailError {
        MailError(
            451, .init(4, 2, 4), "Mailing list expansion problem, try again later", cause: cause)
    }

    /// X.4.6: routing loop detected.
    static func loop(_ cause: String) -> MailError {
        MailError(550, .init(5, 4, 6), "Routing loop detected", cause: cause)
    }

    /// X.3.5: system incorrectly configured. For an ambiguous or half-configured directory.
    static func misconfigured(_ cause: String) -> MailError {
        MailError(
            451, .init(4, 3, 5), "Directory configuration problem, try again later", cause: cause)
    }

    init(_ fault: DirectoryFault) {
        switch fault.kind {
        case .ambiguous, .misconfigured: self = .misconfigured(fault.cause)
        default: self = .directoryUnavailable(fault.cause)
        }
    }
}
