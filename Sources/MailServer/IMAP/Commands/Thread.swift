internal import IMAP

extension IMAPSession {
    func thread(_ command: ThreadCommand) async throws(CommandFailure) -> Completion {
        .no("Searching is not available", code: "UNAVAILABLE")
    }
}
