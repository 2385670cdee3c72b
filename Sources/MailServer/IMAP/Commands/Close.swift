internal import IMAP

extension IMAPSession {
    /// CLOSE (RFC 9051 section 6.4.1): expunges without telling. Messages that this session has not
    /// been told of stay.
    ///
    /// No HIGHESTMODSEQ: a client that took it for its own would never hear which messages went (RFC
    /// 7162 section 3.2.8).
    func close() async throws(CommandFailure) -> Completion {
        let selected = try selectedMailbox()
        if !selected.isReadOnly, selected.rights.contains(.expunge) {
            try await removeDeleted(nil, from: selected)
        }
        deselect()
        return .ok("CLOSE completed")
    }

    /// RFC 9051 section 6.4.2.
    func unselect() -> Completion {
        deselect()
        return .ok("UNSELECT completed")
    }

    /// Leaves the selected mailbox; the client is told by whoever calls.
    func deselect() { selected = nil }
}
