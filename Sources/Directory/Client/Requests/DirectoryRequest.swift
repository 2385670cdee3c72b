/// An operation that somebody waits for. Made by the caller, and from then on touched by the
/// request loop's thread alone, which answers exactly once: hence unchecked.
final class DirectoryRequest: @unchecked Sendable {
    enum Operation {
        case search(SearchRequest, CheckedContinuation<Lookup<[DirectoryEntry]>, Never>)
        case change(DirectoryChange, CheckedContinuation<ChangeOutcome, Never>)
    }

    let operation: Operation
    let deadline: ContinuousClock.Instant
    /// When it was last written to a connection.
    var sentAt: ContinuousClock.Instant?
    var messageID: Int32?
    private(set) var isAnswered = false

    // What has come of the answer so far.
    var entries: [DirectoryEntry] = []
    var resultSize = 0
    /// The server pointed elsewhere for a part of the tree (RFC 4511 section 4.5.3).
    var hasReferences = false

    init(_ operation: Operation, deadline: ContinuousClock.Instant) {
        self.operation = operation
        self.deadline = deadline
    }

    /// Whether it can be sent again when its answer got lost.
    var isRepeatable: Bool {
        if case .search = operation { true } else { false }
    }

    /// Forgets a part of an answer whose connection was lost.
    func startOver() {
        sentAt = nil
        messageID = nil
        entries = []
        resultSize = 0
        hasReferences = false
    }

    func fail(_ fault: DirectoryFault) {
        switch operation {
        case .search(let search, let continuation):
            guard answer() else { return }
            continuation.resume(
                returning: .unavailable(
                    fault.adding("search '\(search.base)' \(search.filter)")))
        case .change(_, let continuation):
            guard answer() else { return }
            continuation.resume(returning: sentAt == nil ? .notSent(fault) : .unknown(fault))
        }
    }

    /// Takes the final result of the operation.
    func finish(_ result: LDAPResult, uri: String) {
        guard answer() else { return }
        switch operation {
        case .search(let search, let continuation):
            continuation.resume(returning: outcome(of: search, result, uri: uri))
        case .change(_, let continuation):
            continuation.resume(returning: ChangeOutcome(result))
        }
    }

    private func answer() -> Bool {
        defer { isAnswered = true }
        return !isAnswered
    }

    private func outcome(
        of search: SearchRequest, _ result: LDAPResult, uri: String
    ) -> Lookup<[DirectoryEntry]> {
        func fault(_ kind: DirectoryFault.Kind, _ what: String) -> Lookup<[DirectoryEntry]> {
            .unavailable(
                DirectoryFault(kind, "\(uri): \(what); search '\(search.base)' \(search.filter)"))
        }
        switch DirectoryResultCode(result.code) {
        case .success where entries.isEmpty && hasReferences:
            return fault(.refused(code: 10), "the server refers to another one, which is not asked")
        case .success:
            return entries.isEmpty ? .notFound : .found(entries)
        case .noSuchObject where search.scope == .base:
            return .notFound
        case .noSuchObject:
            return fault(.missingBase, "the base does not exist, only '\(result.matchedDN)'")
        case .sizeLimitExceeded:
            return fault(.truncated, "more entries than its limit allows: \(result)")
        default:
            return fault(.refused(code: Int(result.code)), "\(result)")
        }
    }
}
