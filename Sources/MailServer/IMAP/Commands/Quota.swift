internal import IMAP

extension IMAPSession {
    func getQuota(_ root: String) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }

    func getQuotaRoot(_ name: String) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }

    func setQuota(_ root: String, _ limits: [QuotaLimit]) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }
}
