package import NIOCore

/// Changes of a result that a client is kept informed of (RFC 5267 section 4.3). Values are UIDs or
/// sequence numbers.
package struct ContextUpdate: Equatable, Sendable {
    /// Positions from 1, in the result as it stands when the change is applied; 0 where the order is
    /// that of the mailbox.
    package struct Change: Equatable, Sendable {
        package var position: Int
        package var value: UInt32

        package init(position: Int, value: UInt32) {
            self.position = position
            self.value = value
        }
    }

    package var removed: [Change] = []
    package var added: [Change] = []

    package init() {}

    package var isEmpty: Bool { removed.isEmpty && added.isEmpty }

    /// What makes `new` of `old`: removals first. Results that stay have kept their order.
    /// - Parameter isOrdered: positions are told, for a SORT.
    package init<Value: Hashable>(
        from old: [Value], to new: [Value], isOrdered: Bool, value: (Value) -> UInt32
    ) {
        let kept = Set(new)
        let known = Set(old)
        var gone = 0
        for (index, element) in old.enumerated() where !kept.contains(element) {
            removed.append(
                Change(position: isOrdered ? index + 1 - gone : 0, value: value(element)))
            gone += 1
        }
        for (index, element) in new.enumerated() where !known.contains(element) {
            added.append(Change(position: isOrdered ? index + 1 : 0, value: value(element)))
        }
    }

    /// ```
    /// ret-data-addto      = "ADDTO" SP "(" context-position SP sequence-set
    ///                       *(SP context-position SP sequence-set) ")"
    /// ret-data-removefrom = "REMOVEFROM" SP "(" … ")"
    /// ```
    package func write(tag: String, isUID: Bool, to buffer: inout ByteBuffer) {
        guard !isEmpty else { return }
        buffer.writeSearchCorrelator(tag: tag)
        if isUID { buffer.writeStaticString(" UID") }
        Self.write("REMOVEFROM", removed, step: 0, to: &buffer)
        Self.write("ADDTO", added, step: 1, to: &buffer)
        buffer.writeStaticString("\r\n")
    }

    /// - Parameter step: how far the position moves with each value of one set.
    private static func write(
        _ name: StaticString, _ changes: [Change], step: Int, to buffer: inout ByteBuffer
    ) {
        guard !changes.isEmpty else { return }
        buffer.writeStaticString(" ")
        buffer.writeStaticString(name)
        buffer.writeStaticString(" (")
        var start = 0
        while start < changes.count {
            let position = changes[start].position
            var end = start + 1
            while end < changes.count,
                changes[end].position == (position == 0 ? 0 : position + step * (end - start))
            {
                end += 1
            }
            if start > 0 { buffer.writeStaticString(" ") }
            buffer.writeIMAPNumber(position)
            buffer.writeStaticString(" ")
            buffer.writeNumberRuns(changes[start..<end].map(\.value))
            start = end
        }
        buffer.writeStaticString(")")
    }
}
