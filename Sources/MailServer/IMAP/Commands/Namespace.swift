internal import IMAP
internal import NIOCore

/// NAMESPACE (RFC 9051 section 6.3.10): one's own mailboxes, and those of other users as far as their
/// access lists allow.
extension IMAPSession {
    func namespace() async throws(CommandFailure) -> Completion {
        output.writeString(
            "* NAMESPACE ((\"\" \"/\")) ((\"\(MailboxName.otherUsers)/\" \"/\")) NIL\r\n")
        return .ok("NAMESPACE completed")
    }
}
