internal import IMAP

extension IMAPSession {
    func rename(_ name: String, _ newName: String) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }
}
