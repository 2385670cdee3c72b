internal import Authentication
internal import MailModel
internal import Synchronization

/// Octets of messages in the form that POP3 clients get, where it is not the stored one: a maildrop is
/// looked at again and again, and to know them each of these messages must be read and converted.
/// Without their delivery headers, which are each recipient's own.
final class ConvertedSizes: Sendable {
    struct Key: Hashable, Sendable {
        let message: QueueID
        let isUTF8: Bool
    }

    private static let capacity = 65_536

    private let table = Mutex(BoundedTable<Key, Int>(capacity: ConvertedSizes.capacity))

    subscript(key: Key) -> Int? {
        get { table.withLock { $0[key] } }
        set { table.withLock { $0[key] = newValue } }
    }
}
