internal import IMAP

extension IMAPSession {
    func sort(_ command: SortCommand, _ tag: String) async throws(CommandFailure) -> Completion {
        .no("Searching is not available", code: "UNAVAILABLE")
    }
}
