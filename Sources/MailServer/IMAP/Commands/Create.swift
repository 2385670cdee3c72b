internal import IMAP
internal import MailModel

extension IMAPSession {
    func create(_ name: String, _ uses: [SpecialUse]) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }
}
