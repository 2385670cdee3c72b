import MailModel
import NIOCore
import Synchronization

/// Keeps a message's octets readable while they are being sent, though it may be removed meanwhile: as
/// long as this object is not released.
package final class MessageHold: Sendable {
    private let id: QueueID
    private let holds: MessageHolds

    fileprivate init(_ id: QueueID, of holds: MessageHolds) {
        self.id = id
        self.holds = holds
    }

    deinit { holds.release(id) }
}

/// Where held messages are. An open file outlives its removal from the spool.
final class MessageHolds: Sendable {
    struct Place {
        let file: any StorageFile
        /// Of the message's first octet.
        let offset: Int64
        fileprivate var count = 0
    }

    private let places = Mutex<[QueueID: Place]>([:])

    func take(_ id: QueueID, in file: any StorageFile, at offset: Int64) -> MessageHold {
        places.withLock { $0[id, default: Place(file: file, offset: offset)].count += 1 }
        return MessageHold(id, of: self)
    }

    fileprivate func release(_ id: QueueID) {
        // The file is closed, if need be, outside of the lock.
        let _: Place? = places.withLock { places in
            places[id]?.count -= 1
            return places[id]?.count == 0 ? places.removeValue(forKey: id) : nil
        }
    }

    subscript(id: QueueID) -> Place? { places.withLock { $0[id] } }
}
