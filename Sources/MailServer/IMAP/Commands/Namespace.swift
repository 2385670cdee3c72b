internal import IMAP

extension IMAPSession {
    func namespace() async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }
}
