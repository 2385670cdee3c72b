internal import IMAP
internal import MailModel
internal import MailboxStore
internal import Storage

/// SUBSCRIBE and UNSUBSCRIBE (RFC 9051 sections 6.3.7 and 6.3.8). A name need not be that of a
/// mailbox: one may come later, or come back.
extension IMAPSession {
    func setSubscribed(_ subscribed: Bool, _ name: String)
        async throws(CommandFailure) -> Completion
    {
        let name = MailboxName.canonical(name)
        if subscribed, let problem = Self.problem(withSubscription: name) {
            throw .no(problem, code: "CANNOT")
        }
        let user = try loggedIn()
        try await changed { () async throws(MailboxError) in
            try await user.mailboxes.setSubscribed(subscribed, name)
        }
        return .ok(subscribed ? "SUBSCRIBE completed" : "UNSUBSCRIBE completed")
    }

    private static func problem(withSubscription name: String) -> String? {
        switch MailboxPlace(name) {
        case .own(let name): MailboxName.problem(with: name)
        case .other(let owner, let name):
            MailboxName.problem(with: owner) ?? MailboxName.problem(with: name)
        case .aboveOthers: "There can be no mailbox of this name"
        }
    }
}
