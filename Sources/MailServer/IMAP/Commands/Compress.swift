internal import IMAP
internal import Transport

extension IMAPSession {
    /// RFC 4978.
    func compress(_ mechanism: String, _ tag: String) async throws(CommandFailure) -> Completion? {
        guard mechanism.uppercased() == "DEFLATE" else {
            throw .bad("Only DEFLATE is available")
        }
        guard !isCompressed else {
            throw .no("Compression is active already", code: "COMPRESSIONACTIVE")
        }
        guard !reader.hasUnreadInput else {
            throw .bad("Nothing may follow COMPRESS before its reply")
        }
        output.writeTagged(tag, .ok, "Compression begins")
        let reply = takeOutput()
        do throws(ConnectionError) {
            try await connection.startCompression(reply: reply)
        } catch {
            throw .connection(error)
        }
        isCompressed = true
        return nil
    }
}
