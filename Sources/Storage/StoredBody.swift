import MailModel
import Synchronization

/// The bytes of an appended message on their way into the log; says where they came to be.
final class StoredBody: Sendable {
    let id: QueueID
    let size: Int
    private let place = Mutex<LogPosition?>(nil)

    init(id: QueueID, size: Int) {
        self.id = id
        self.size = size
    }

    /// Set when the log has written them.
    var position: LogPosition? { place.withLock { $0 } }

    func written(at position: LogPosition) { place.withLock { $0 = position } }
}
