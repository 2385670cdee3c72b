internal import IMAP

extension IMAPSession {
    func cancelUpdate(_ tags: [String]) -> Completion {
        .no("Searching is not available", code: "UNAVAILABLE")
    }
}
