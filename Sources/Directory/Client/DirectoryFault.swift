/// Why the directory gave no answer that can be relied on. For the log and for `martlet explain`,
/// never for a client.
package struct DirectoryFault: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// No server could be reached, or its connection was lost.
        case connection
        /// The deadline passed without an answer.
        case timeout
        /// Too many requests wait already.
        case overload
        /// There was more than the request's limits allow; part of an answer is no answer.
        case truncated
        /// The base of a search is missing: an emptied or half-configured directory.
        case missingBase
        /// The server answered with an error; its result code (RFC 4511 section 4.1.9).
        case refused(code: Int)
        /// More than one entry where one is meant.
        case ambiguous
        /// The request can't be sent, or an entry holds what can't be used.
        case misconfigured
        /// The client is being shut down.
        case shutDown
    }

    package let kind: Kind
    /// One line: the server, the entry, the search, its error.
    package let cause: String

    package init(_ kind: Kind, _ cause: String) {
        self.kind = kind
        self.cause = cause
    }

    /// More than one entry answers: the administrator must decide, so the log names them.
    package var isAmbiguous: Bool { kind == .ambiguous }

    package var description: String { cause }
}
