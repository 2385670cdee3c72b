/// What the directory answered. "No" and silence are different things: only `notFound` may become
/// a permanent error; everything that is not an authoritative answer is `unavailable`.
package enum Lookup<Value: Sendable>: Sendable {
    case found(Value)
    /// The directory answered, and there is nothing.
    case notFound
    /// No answer, or none that can be relied on: no connection, too slow, refused, truncated,
    /// ambiguous.
    case unavailable(DirectoryFault)

    /// Replaces a found value; the other answers stay what they are.
    package func map<Other: Sendable>(_ transform: (Value) -> Other) -> Lookup<Other> {
        switch self {
        case .found(let value): .found(transform(value))
        case .notFound: .notFound
        case .unavailable(let fault): .unavailable(fault)
        }
    }

    /// Replaces a found value by another look-up's answer.
    package func flatMap<Other: Sendable>(_ transform: (Value) -> Lookup<Other>) -> Lookup<Other> {
        switch self {
        case .found(let value): transform(value)
        case .notFound: .notFound
        case .unavailable(let fault): .unavailable(fault)
        }
    }
}

extension Lookup: Equatable where Value: Equatable {}
