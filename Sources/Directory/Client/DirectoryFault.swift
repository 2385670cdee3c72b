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
    /// No server could be used, since all of them refuse the client's own name or password.
    let refusesCredentials: Bool

    package init(_ kind: Kind, _ cause: String) {
        self.init(kind, cause, refusesCredentials: [.refused(code: 48), .refused(code: 49)].contains(kind))
    }

    private init(_ kind: Kind, _ cause: String, refusesCredentials: Bool) {
        self.kind = kind
        self.cause = cause
        self.refusesCredentials = refusesCredentials
    }

    /// That none of several servers could be used, and why.
    init(noServer faults: [DirectoryFault]) {
        self.init(
            .connection, faults.map(\.cause).joined(separator: "; "),
            refusesCredentials: !faults.isEmpty && faults.allSatisfy(\.refusesCredentials))
    }

    /// The same of one request.
    func adding(_ request: String) -> DirectoryFault {
        DirectoryFault(kind, "\(cause); \(request)", refusesCredentials: refusesCredentials)
    }

    /// More than one entry answers: the administrator must decide, so the log names them.
    package var isAmbiguous: Bool { kind == .ambiguous }

    package var description: String { cause }

    /// What the server refuses, where it does so for lack of rights (RFC 4511 appendix A).
    package var refusal: String? {
        if refusesCredentials { return "this name or password" }
        return kind == .refused(code: 50) ? "the search" : nil
    }

    /// For an administrator: a refusal is an answer, too.
    package var explained: String {
        (refusal.map { "the directory refuses \($0)" } ?? "the directory gives no answer") + ": \(cause)"
    }
}
