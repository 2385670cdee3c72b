internal import IMAP

extension IMAPSession {
    func store(_ command: StoreCommand) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }
}
