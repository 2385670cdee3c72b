import MailModel

/// Stored messages: where they are, how many refer to them, what of a segment that keeps alive.
extension IndexTables {
    private struct Row {
        var segment: UInt64
        var offset: Int64
        var size: Int
        var references: Int64
    }

    /// Octets that a message keeps alive in its segment.
    private static func liveBytes(_ size: Int) -> Int64 { Int64(size + RecordHeader.length) }

    func store(_ id: QueueID, size: Int, at location: MessageLocation, references: Int64) throws {
        guard references > 0 else {
            if location == .ownFile { effects.removedFiles.append(id) }
            return
        }
        var position = LogPosition(segment: 0, offset: 0)
        if case .log(let place) = location {
            position = place
            addLive(Self.liveBytes(size), in: place.segment)
        }
        let row = statements.insertMessage
        row.bind(1, Int64(id.rawValue))
        row.bind(2, Int64(position.segment))
        row.bind(3, position.offset)
        row.bind(4, Int64(size))
        row.bind(5, references)
        try row.run()
    }

    /// Adds to, or takes from, what refers to a message; nothing left removes it.
    func addReferences(_ count: Int64, to id: QueueID) throws {
        guard count != 0, var row = try message(id) else { return }
        row.references += count
        if row.references > 0 {
            statements.setReferences.bindAll(Int64(id.rawValue), row.references)
            try statements.setReferences.run()
            return
        }
        statements.deleteMessage.bindAll(Int64(id.rawValue))
        try statements.deleteMessage.run()
        effects.removed.append(id)
        if row.segment == 0 {
            effects.removedFiles.append(id)
        } else {
            addLive(-Self.liveBytes(row.size), in: row.segment)
        }
    }

    /// Adds one. For thousands of messages, too: a statement that counts them all by groups takes twice
    /// as long.
    func addReference(to id: QueueID) throws {
        statements.addReference.bind(1, Int64(id.rawValue))
        try statements.addReference.run()
    }

    /// The log has a copy of the bytes. When the message is still where the copy was made, it is
    /// there from now on.
    func relocate(_ id: QueueID, size: Int, from: LogPosition, to: LogPosition) throws {
        guard let row = try message(id), row.segment == from.segment, row.offset == from.offset
        else { return }
        statements.moveMessage.bindAll(Int64(id.rawValue), Int64(to.segment), to.offset)
        try statements.moveMessage.run()
        addLive(-Self.liveBytes(size), in: from.segment)
        addLive(Self.liveBytes(size), in: to.segment)
        effects.moved.append((id, .log(to)))
    }

    private func message(_ id: QueueID) throws -> Row? {
        statements.getMessage.bindAll(Int64(id.rawValue))
        return try statements.getMessage.first { row in
            Row(
                segment: UInt64(row.integer(0)), offset: row.integer(1), size: Int(row.integer(2)),
                references: row.integer(3))
        }
    }
}
