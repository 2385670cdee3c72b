internal import IMAP

extension IMAPSession {
    func setSubscribed(_ subscribed: Bool, _ name: String) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }
}
