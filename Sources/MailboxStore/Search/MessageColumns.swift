import MailModel
package import Storage

/// What searches and sorts need of every message in a mailbox: a column each, by row; row n is
/// the nth message of a session's view. About 50 octets a message.
///
/// None of it ever changes for a message, so a mailbox's columns are only ever extended.
package struct MessageColumns: Sendable {
    /// In `headerNumbers`: the delivery header is not kept, as there are too many different ones.
    static let notKept = UInt32.max
    /// Octets of different delivery headers kept for one mailbox.
    private static let maximumHeaderOctets = 1 << 20

    package internal(set) var uids: [UInt32] = []
    /// 0 for a message that was gone when the columns were made.
    package internal(set) var ids: [UInt64] = []
    /// Octets of the stored bytes, and of what the client sees.
    package internal(set) var storedSizes: [Int] = []
    package internal(set) var sizes: [Int] = []
    /// Milliseconds since 1970.
    package internal(set) var internalDates: [Int64] = []
    package internal(set) var savedDates: [Int64] = []
    private(set) var headerNumbers: [UInt32] = []
    private(set) var headers: [[UInt8]] = []
    private var numbers: [[UInt8]: UInt32] = [:]
    private var headerOctets = 0

    package var count: Int { uids.count }

    package func reference(_ row: Int) -> MessageReference {
        MessageReference(id: QueueID(rawValue: ids[row]), size: storedSizes[row])
    }

    /// Nil when it is not kept.
    func deliveryHeader(_ row: Int) -> [UInt8]? {
        headerNumbers[row] == Self.notKept ? nil : headers[Int(headerNumbers[row])]
    }

    mutating func reserve(_ count: Int) {
        uids.reserveCapacity(count)
        ids.reserveCapacity(count)
        storedSizes.reserveCapacity(count)
        sizes.reserveCapacity(count)
        internalDates.reserveCapacity(count)
        savedDates.reserveCapacity(count)
        headerNumbers.reserveCapacity(count)
    }

    mutating func append(_ message: MailboxMessage) {
        uids.append(message.uid)
        ids.append(message.message.id.rawValue)
        storedSizes.append(message.message.size)
        sizes.append(message.size)
        internalDates.append(message.internalDate.milliseconds)
        savedDates.append(message.savedDate.milliseconds)
        headerNumbers.append(number(of: message.deliveryHeader))
    }

    mutating func appendMissing(_ uid: UInt32) {
        uids.append(uid)
        ids.append(0)
        storedSizes.append(0)
        sizes.append(0)
        internalDates.append(0)
        savedDates.append(0)
        headerNumbers.append(number(of: []))
    }

    /// No rows, but the delivery headers that are known: for `append(_:of:)`.
    func emptied() -> MessageColumns {
        var columns = MessageColumns()
        columns.headers = headers
        columns.numbers = numbers
        columns.headerOctets = headerOctets
        return columns
    }

    /// - Parameter other: whose `emptied()` this was.
    mutating func append(_ row: Int, of other: MessageColumns) {
        uids.append(other.uids[row])
        ids.append(other.ids[row])
        storedSizes.append(other.storedSizes[row])
        sizes.append(other.sizes[row])
        internalDates.append(other.internalDates[row])
        savedDates.append(other.savedDates[row])
        headerNumbers.append(other.headerNumbers[row])
    }

    private mutating func number(of header: [UInt8]) -> UInt32 {
        if let known = numbers[header] { return known }
        guard headerOctets + header.count <= Self.maximumHeaderOctets else { return Self.notKept }
        let number = UInt32(headers.count)
        headers.append(header)
        numbers[header] = number
        headerOctets += header.count
        return number
    }
}
