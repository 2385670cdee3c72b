package import MailModel

/// What the engine may use and how it writes. Sizes in octets.
package struct StorageConfiguration: Sendable {
    /// Below this much free disk new messages are refused with 452 4.3.1.
    package var minimumFreeBytes: Int64 = 256 << 20
    /// Messages beyond it go to a file of their own.
    package var largeMessageThreshold = 256 << 10
    /// A segment of the message log is followed by the next at this size.
    package var segmentSize: Int64 = 64 << 20
    /// What drafts and records that are being written may hold in memory altogether.
    package var outstandingBytes = 256 << 20
    /// A segment with a smaller share of live octets is compacted.
    package var compactionThreshold = 0.4
    /// A message for elsewhere that is not delivered after this time gets rows in the index. The log
    /// from the oldest that has none on is kept, and read at a start.
    package var transitTime = Duration.seconds(5)
    /// The header lines, each with its CRLF, that stand before a message in its recipient's
    /// mailbox. They must depend on the arguments only.
    package var deliveryHeader: @Sendable (ReversePath, EmailAddress) -> [UInt8] = {
        reversePath, recipient in
        var header: [UInt8] = []
        header.reserveCapacity(128)
        header.append(contentsOf: "Return-Path: <".utf8)
        reversePath.append(to: &header)
        header.append(contentsOf: ">\r\nDelivered-To: ".utf8)
        recipient.append(to: &header)
        header.append(contentsOf: "\r\n".utf8)
        return header
    }

    package init() {}
}
