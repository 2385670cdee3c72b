/// What a search is evaluated on: one mailbox as one session sees it.
package protocol SearchSource {
    associatedtype Failure: Error

    /// Messages in the mailbox.
    var size: Int { get }

    /// Those among `candidates` that pass the test.
    func select(_ test: SearchTest, among candidates: PositionSet)
        async throws(Failure) -> PositionSet
}

extension SearchQuery {
    /// The messages among `candidates` that match. Cheap conditions go first, and each later one is
    /// asked only about the messages that the earlier ones have left undecided.
    package func evaluate<Source: SearchSource>(
        on source: Source, among candidates: PositionSet
    ) async throws(Source.Failure) -> PositionSet {
        switch self {
        case .all: return candidates
        case .none: return PositionSet(size: candidates.size)
        case .test(let test):
            guard !candidates.isEmpty else { return candidates }
            return try await source.select(test, among: candidates)
        case .not(let part):
            var rest = candidates
            rest.subtract(try await part.evaluate(on: source, among: candidates))
            return rest
        case .and(let parts):
            var left = candidates
            for part in parts.sorted(by: { $0.cost < $1.cost }) {
                if left.isEmpty { break }
                left = try await part.evaluate(on: source, among: left)
            }
            return left
        case .or(let parts):
            var found = PositionSet(size: candidates.size)
            var undecided = candidates
            for part in parts.sorted(by: { $0.cost < $1.cost }) {
                if undecided.isEmpty { break }
                let matching = try await part.evaluate(on: source, among: undecided)
                found.formUnion(matching)
                undecided.subtract(matching)
            }
            return found
        }
    }
}
