internal import IMAP

extension IMAPSession {
    /// CANCELUPDATE (RFC 5267 section 4.3.5). Searches that are not kept up to date are passed over.
    func cancelUpdate(_ tags: [String]) -> Completion {
        selected?.contexts.cancel(tags)
        return .ok("Updates end")
    }
}
