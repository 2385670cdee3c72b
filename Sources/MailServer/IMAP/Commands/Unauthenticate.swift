internal import IMAP

extension IMAPSession {
    /// RFC 8437: back to the state before login; TLS and compression stay.
    func unauthenticate() -> Completion {
        leaveAccount(.logout)
        counters = IMAPCounters()
        login = IMAPLogin()
        anonymousSince = .now
        enabled = []
        reader.isLoggedIn = false
        reader.acceptsUTF8 = false
        return .ok("Logged out", code: "CAPABILITY \(capabilities)")
    }
}
