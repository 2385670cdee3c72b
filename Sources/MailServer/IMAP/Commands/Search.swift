internal import IMAP

extension IMAPSession {
    func search(_ command: SearchCommand, _ tag: String) async throws(CommandFailure) -> Completion {
        .no("Searching is not available", code: "UNAVAILABLE")
    }
}
