internal import IMAP
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage

/// Telling the client what has changed in its mailbox (RFC 9051 section 7.5.1, RFC 7162).
extension IMAPSession {
    /// - Parameter allowExpunge: false where sequence numbers must stay.
    func announce(allowExpunge: Bool) {
    }

    /// The one place that writes an unsolicited FLAGS update.
    func writeFetchFlags(sequence: Int, _ message: FlaggedMessage) {
    }
}
