package import MailModel
package import NIOCore

/// A message that is being received: bytes are appended, then it is accepted or discarded.
///
/// Up to a threshold it is in memory; beyond, it streams to a file of its own, so a session's
/// memory does not grow with the message. Used by one task at a time.
package final class MessageDraft: @unchecked Sendable {
    package let id: QueueID

    init(id: QueueID) { self.id = id }
}
