internal import IMAP

extension IMAPSession {
    func status(_ name: String, _ items: [StatusItem]) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }
}
