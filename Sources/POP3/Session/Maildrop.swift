internal import NIOCore

/// The messages of a session as they were when it began (RFC 1939 section 5), numbered from 1, and
/// which of them are marked as deleted.
package struct Maildrop: Sendable {
    package struct Message: Sendable {
        package let uid: UInt32
        /// Octets with CRLF line ends, before dot-stuffing.
        package let size: Int

        package init(uid: UInt32, size: Int) {
            self.uid = uid
            self.size = size
        }
    }

    package let messages: [Message]
    /// With a UID it names a message for ever (RFC 9051 section 2.3.1.1).
    private let uidValidity: UInt32
    private var isDeleted: [Bool]
    private(set) var count: Int
    private(set) var octets: Int

    package init(uidValidity: UInt32, messages: [Message]) {
        self.uidValidity = uidValidity
        self.messages = messages
        isDeleted = Array(repeating: false, count: messages.count)
        count = messages.count
        octets = messages.reduce(0) { $0 + $1.size }
    }

    /// The index of a message by its number; nil when there is none or it is marked as deleted.
    func index(of number: Int) -> Int? {
        guard number >= 1, number <= messages.count, !isDeleted[number - 1] else { return nil }
        return number - 1
    }

    mutating func delete(_ index: Int) {
        isDeleted[index] = true
        count -= 1
        octets -= messages[index].size
    }

    mutating func undelete() { self = Maildrop(uidValidity: uidValidity, messages: messages) }

    var deletedIndices: [Int] { isDeleted.indices.filter { isDeleted[$0] } }

    // MARK: Listings

    /// `scan-listing = msg-number SP size`
    func writeScanListing(_ index: Int, _ replies: inout ByteBuffer) {
        replies.writeDecimal(UInt(index + 1))
        replies.writeInteger(ASCII.space)
        replies.writeDecimal(UInt(messages[index].size))
        replies.writeStaticString("\r\n")
    }

    /// `unique-id-listing = msg-number SP uidvalidity "." uid`
    func writeUniqueID(_ index: Int, _ replies: inout ByteBuffer) {
        replies.writeDecimal(UInt(index + 1))
        replies.writeInteger(ASCII.space)
        replies.writeDecimal(uidValidity)
        replies.writeInteger(UInt8(ascii: "."))
        replies.writeDecimal(messages[index].uid)
        replies.writeStaticString("\r\n")
    }

    /// All messages that are not marked, ended by the lone dot.
    func writeListing(
        _ replies: inout ByteBuffer, _ writeLine: (Maildrop, Int, inout ByteBuffer) -> Void
    ) {
        replies.reserveCapacity(minimumWritableBytes: count * 28 + 8)
        for index in messages.indices where !isDeleted[index] { writeLine(self, index, &replies) }
        replies.writeStaticString(".\r\n")
    }
}
