internal import IMAP
internal import MailModel
internal import MailboxStore
internal import NIOCore

/// LSUB (RFC 3501 section 6.3.9), for clients that don't know LIST's SUBSCRIBED.
extension IMAPSession {
    func lsub(_ reference: String, _ pattern: String) async throws(CommandFailure) -> Completion {
        let user = try loggedIn()
        let subscriptions = try await stored { () async throws(MailError) in
            try await user.mailboxes.subscriptions()
        }
        let entries = SubscriptionLister.list(
            subscriptions, matching: MailboxPattern(reference + pattern))
        for entry in entries {
            output.writeStaticString(
                entry.isOnlySuperior ? "* LSUB (\\NoSelect) \"/\" " : "* LSUB () \"/\" ")
            output.writeIMAPMailbox(entry.name, utf8: writesUTF8)
            output.writeStaticString("\r\n")
            try await breathe()
        }
        return .ok("LSUB completed")
    }
}
