internal import IMAP

extension IMAPSession {
    func expunge(_ set: SequenceSet?) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }
}
