internal import IMAP

extension IMAPSession {
    /// RFC 9051 section 6.1.3.
    func logout() -> Completion {
        // Nothing is told any more but this.
        deselect()
        sayBye(.logout, "Logging out")
        return .ok("LOGOUT completed")
    }
}
