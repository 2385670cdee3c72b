internal import IMAP

extension IMAPSession {
    /// The driver calls it with the reader's `.append`; it takes the `.appending` events itself, through
    /// `nextReaderEvent()`, up to and with `.finished`, `.abandoned` or `.failed`. REPLACE too.
    func append(_ start: AppendStart, tag: String) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }
}
