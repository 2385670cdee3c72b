internal import IMAP

extension IMAPSession {
    func copy(_ command: CopyCommand) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }
}
