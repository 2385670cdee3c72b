internal import IMAP
internal import Transport

extension IMAPSession {
    /// RFC 9051 section 6.2.1. A client waits for the reply; what stands behind the command already
    /// may have been put there by someone else (CVE-2021-33515).
    func startTLS(_ tag: String) async throws(CommandFailure) -> Completion? {
        guard let context = options.startTLS, connection.tls == nil else {
            throw .bad("TLS can't begin now")
        }
        guard !reader.hasUnreadInput else {
            sayBye(.refused, "Nothing may follow STARTTLS before its reply")
            throw .bad("Nothing may follow STARTTLS before its reply")
        }
        output.writeTagged(tag, .ok, "Begin TLS now")
        let reply = takeOutput()
        do throws(ConnectionError) {
            try await connection.startTLS(
                context, reply: reply, timeout: service.configuration.handshakeTimeout)
        } catch {
            throw .connection(error)
        }
        reader.discardInput()
        return nil
    }
}
