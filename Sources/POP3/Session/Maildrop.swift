internal import NIOCore

/// The messages of a session as they were when it began (RFC 1939 section 5), numbered from 1, and
/// which of them are marked as deleted.
package struct Maildrop: Sendable {
    package struct Message: Sendable {
        package let uid: UInt32
        /// Octets with CRLF line ends, before dot-stuffing (RFC 1939 section 11).
        package fileprivate(set) var size: Int
        /// False: `size` is of the stored form, and RETR may send another (RFC 6856 section 2.1).
        fileprivate var isMeasured: Bool

        package init(uid: UInt32, size: Int, isMeasured: Bool = true) {
            self.uid = uid
            self.size = size
            self.isMeasured = isMeasured
        }
    }

    package private(set) var messages: [Message]
    private var isMeasured: Bool
    /// With a UID it names a message for ever (RFC 9051 section 2.3.1.1).
    private let uidValidity: UInt32
    private var isDeleted: [Bool]
    private(set) var count: Int
    private(set) var octets: Int

    package init(uidValidity: UInt32, messages: [Message]) {
        self.uidValidity = uidValidity
        self.messages = messages
        isMeasured = messages.allSatisfy(\.isMeasured)
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

    // MARK: Sizes

    /// Messages to be measured before sizes are told: of this one, or of all that are not marked.
    func unmeasured(_ index: Int?) -> [Int] {
        if isMeasured { return [] }
        if let index { return messages[index].isMeasured ? [] : [index] }
        return messages.indices.filter { !messages[$0].isMeasured && !isDeleted[$0] }
    }

    /// - Parameter sizes: by their indices. These are not asked for again.
    mutating func measured(_ sizes: [Int: Int]) {
        for (index, size) in sizes {
            if !isDeleted[index] { octets += size - messages[index].size }
            messages[index].size = size
            messages[index].isMeasured = true
        }
    }

    // MARK: Listings

    /// What a line of a listing says of a message.
    enum Listing { case size, uniqueID }

    /// Longest line: three numbers, their separators and the line end.
    private static let maximumLineLength = 3 * TextCursor.maximumDigits + 4

    /// ```
    /// scan-listing      = msg-number SP size CRLF
    /// unique-id-listing = msg-number SP uidvalidity "." uid CRLF
    /// ```
    private func format(_ listing: Listing, _ index: Int, _ text: inout TextCursor) {
        text.append(decimal: UInt64(index + 1))
        text.append(ASCII.space)
        switch listing {
        case .size:
            text.append(decimal: UInt64(messages[index].size))
        case .uniqueID:
            text.append(decimal: UInt64(uidValidity))
            text.append(UInt8(ascii: "."))
            text.append(decimal: UInt64(messages[index].uid))
        }
        text.append(0x0d)
        text.append(0x0a)
    }

    func write(_ question: POP3Session.SizeQuestion, _ replies: inout ByteBuffer) {
        switch question {
        case .total:
            replies.writeStaticString("+OK ")
            replies.writeDecimal(count)
            replies.writeInteger(ASCII.space)
            replies.writeDecimal(octets)
            replies.writeStaticString("\r\n")
        case .listing: write(.size, &replies)
        case .message(let index): write(.size, index, &replies)
        }
    }

    func write(_ listing: Listing, _ index: Int, _ replies: inout ByteBuffer) {
        replies.writeStaticString("+OK ")
        writeLines(listing, index..<index + 1, &replies)
    }

    /// All messages that are not marked, ended by the lone dot.
    func write(_ listing: Listing, _ replies: inout ByteBuffer) {
        replies.writeStaticString("+OK ")
        replies.writeDecimal(count)
        replies.writeStaticString(" messages\r\n")
        let block = 256
        for start in stride(from: 0, to: messages.count, by: block) {
            writeLines(listing, start..<min(start + block, messages.count), &replies)
        }
        replies.writeStaticString(".\r\n")
    }

    private func writeLines(
        _ listing: Listing, _ indices: Range<Int>, _ replies: inout ByteBuffer
    ) {
        let space = indices.count * Self.maximumLineLength
        replies.writeWithUnsafeMutableBytes(minimumWritableBytes: space) { bytes in
            var text = TextCursor(bytes)
            for index in indices where !isDeleted[index] { format(listing, index, &text) }
            return text.count
        }
    }
}
