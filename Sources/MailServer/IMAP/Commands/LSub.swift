internal import IMAP

extension IMAPSession {
    func lsub(_ reference: String, _ pattern: String) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }
}
