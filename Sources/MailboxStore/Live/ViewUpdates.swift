package import Storage

/// What has changed in a mailbox since the session was last told, in the order of telling: expunges,
/// then the new count, then flags (whose sequence numbers are those of afterwards).
package struct ViewUpdates {
    package struct Expunged: Equatable {
        package var sequenceNumber: Int
        package var uid: UInt32
    }

    /// The last message first.
    package var expunged: [Expunged] = []
    /// The count of messages, when new ones came.
    package var exists: Int?
    /// By UID; not those that are new, nor those that the session knows already.
    package var flagged: [FlaggedMessage] = []
    package var isDeleted: Bool

    package init(isDeleted: Bool) { self.isDeleted = isDeleted }

    package var isEmpty: Bool {
        expunged.isEmpty && exists == nil && flagged.isEmpty && !isDeleted
    }
}
