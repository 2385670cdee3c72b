internal import IMAP
internal import MailboxStore

extension IMAPSession {
    /// NOOP and CHECK (RFC 9051 section 6.1.2, RFC 3501 section 6.4.1): everything is durable anyway,
    /// and what has changed is told after every command. Who polls is told of what was accepted before.
    func noop() async -> Completion {
        if let selected { await service.mailboxes.finishDeliveries(to: selected.live.account) }
        return .ok("Done")
    }
}
