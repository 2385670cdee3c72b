internal import IMAP

extension IMAPSession {
    func move(_ command: CopyCommand) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }
}
