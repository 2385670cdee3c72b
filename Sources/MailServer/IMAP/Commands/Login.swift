internal import Authentication
internal import IMAP

extension IMAPSession {
    /// RFC 9051 section 6.2.3.
    func login(_ name: String, _ password: [UInt8]) async throws(CommandFailure) -> Completion {
        login?.method = "LOGIN"
        return try await conclude(
            await service.authentication.verifyPassword(
                login: name, password: password, clientContext), password: password)
    }
}
