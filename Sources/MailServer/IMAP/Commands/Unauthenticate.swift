internal import IMAP
internal import NIOCore
internal import Transport

extension IMAPSession {
    /// RFC 8437: back to the state before login; TLS stays.
    func unauthenticate(_ tag: String) async throws(CommandFailure) -> Completion? {
        leaveAccount(.logout)
        counters = IMAPCounters()
        login = IMAPLogin()
        anonymousSince = .now
        enabled = []
        reader.isLoggedIn = false
        reader.acceptsUTF8 = false
        let completion = Completion.ok("Logged out", code: "CAPABILITY \(capabilities)")
        guard isCompressed else { return completion }
        do throws(ConnectionError) {
            try await stopCompression(tag, completion)
        } catch {
            throw .connection(error)
        }
        return nil
    }

    /// RFC 8437 section 4.1: our compression ends with the reply, the client's with its command.
    private func stopCompression(_ tag: String, _ completion: Completion)
        async throws(ConnectionError)
    {
        try await flush()
        var reply = ByteBuffer()
        reply.writeTagged(tag, completion)
        counters.sent += reply.readableBytes
        try await connection.stopCompression(reply: reply)
        isCompressed = false
        badCommands = 0
        guard reader.hasUnreadInput else { return }
        reader.discardInput()
        sayBye(.refused, "Nothing that is compressed may follow UNAUTHENTICATE")
    }
}
