internal import IMAP

extension IMAPSession {
    func list(_ command: ListCommand) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }
}
