internal import IMAP

extension IMAPSession {
    func fetch(_ command: FetchCommand) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }
}
