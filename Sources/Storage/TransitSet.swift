import GRDB
import MailModel
import NIOCore

/// What the index knows of messages in transit: those whose records lie before the checkpoint and
/// that are neither settled nor in its rows. Nothing of the log from the lowest place on may go.
///
/// Stored as a whole, and only by transactions that change it: what enters and leaves within one
/// leaves no trace.
struct TransitSet {
    /// Where their records begin.
    private(set) var starts: [QueueID: LogPosition] = [:]
    private var added: Set<QueueID> = []
    private var hasLostStored = false

    init() {}

    /// As it is stored.
    init(_ db: Database) throws {
        // An index of an older version, which no server has opened yet, has none.
        guard try db.tableExists("transit") else { return }
        let stored = try PreparedStatement(db, "SELECT messages FROM transit").first { $0.buffer(0) }
        var octets = stored ?? ByteBuffer()
        while octets.readableBytes > 0 {
            let id = QueueID(rawValue: try octets.decode())
            starts[id] = LogPosition(segment: try octets.decode(), offset: try octets.decode())
        }
    }

    var lowest: LogPosition? { starts.values.min() }

    /// Differs from what is stored.
    var isChanged: Bool { hasLostStored || !added.isEmpty }

    mutating func insert(_ id: QueueID, from start: LogPosition) {
        starts[id] = start
        added.insert(id)
    }

    mutating func remove(_ id: QueueID) {
        guard starts.removeValue(forKey: id) != nil else { return }
        if added.remove(id) == nil { hasLostStored = true }
    }

    /// The form to store. It counts as stored from now on.
    mutating func encode() -> ByteBuffer {
        added.removeAll(keepingCapacity: true)
        hasLostStored = false
        var octets = ByteBuffer()
        for (id, start) in starts {
            octets.writeInteger(id.rawValue)
            octets.writeInteger(start.segment)
            octets.writeInteger(start.offset)
        }
        return octets
    }
}
