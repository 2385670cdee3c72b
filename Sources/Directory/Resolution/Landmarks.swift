internal import Synchronization

/// Entries seen lately. While one of them is still there, the directory has not been emptied, and
/// its "not found" may be believed; looking at one entry costs next to nothing.
final class Landmarks: Sendable {
    enum Kind: Hashable, Sendable { case domain, user }

    private let names = Mutex<[Kind: String]>([:])

    subscript(kind: Kind) -> String? {
        get { names.withLock { $0[kind] } }
        set {
            // Never back to nil: a landmark that is gone fails its check and costs one search.
            guard let newValue else { return }
            names.withLock { $0[kind] = newValue }
        }
    }
}
