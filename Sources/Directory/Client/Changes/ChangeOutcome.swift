/// What came of a change.
package enum ChangeOutcome: Hashable, Sendable {
    case done
    /// An entry with the name of a new one exists.
    case alreadyExists(String)
    /// The entry, or the parent of a new one, does not exist; the text says how far the name does.
    case noSuchObject(String)
    /// The server refuses; RFC 4511's result code and the server's words.
    case refused(code: Int, String)
    /// The change was not sent: nothing has happened.
    case notSent(DirectoryFault)
    /// It was sent and no answer came: it may have happened or not. Never sent twice.
    case unknown(DirectoryFault)

    init(_ result: LDAPResult) {
        self =
            switch DirectoryResultCode(result.code) {
            case .success: .done
            case .alreadyExists: .alreadyExists(result.description)
            case .noSuchObject: .noSuchObject("only '\(result.matchedDN)' exists")
            default: .refused(code: Int(result.code), result.description)
            }
    }
}
