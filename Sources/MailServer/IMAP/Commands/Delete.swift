internal import IMAP

extension IMAPSession {
    func delete(_ name: String) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }
}
