internal import MailModel

/// The header section of a submitted message, made fit to be sent (RFC 6409 section 8).
///
/// Date and Message-ID are added at its end when they are missing; Bcc and Resent-Bcc are removed;
/// every other octet stays. A line that is no field ends the section: an empty line is put before
/// it, so that every reader sees the body begin there and no From behind it counts.
package struct SubmissionHeaders: Sendable {
    /// The section to be stored in place of the one that came.
    package let bytes: [UInt8]
    /// The mailboxes of every From field, and whether they could be read (`problem`).
    package let from: AddressList
    package let sender: AddressList
    /// How many From fields there are; RFC 5322 section 3.6 wants one.
    package let fromCount: Int
    package let receivedCount: Int
    /// `TLS-Required: No` (RFC 8689 section 5).
    package let waivesTLSPolicies: Bool
    /// What was added or removed.
    package let addedDate: Bool
    package let addedMessageID: Bool
    package let removedBlindCopies: Int

    /// - Parameters:
    ///   - header: the bytes up to and including the empty line, or the whole message without one.
    ///   - date: for a message that has none.
    ///   - messageIDHost: the right side of a new Message-ID.
    package init(
        _ header: [UInt8], date: MessageDate, messageIDHost: String,
        limits: HeaderLimits = HeaderLimits()
    ) throws(HeaderError) {
        let section = try HeaderSection(header, limits: limits)
        var from: [HeaderField] = []
        var sender: [HeaderField] = []
        var removed: [Range<Int>] = []
        var hasDate = false
        var hasMessageID = false
        var received = 0
        var waivesTLSPolicies = false
        for field in section.fields {
            if section.isNamed(field, "from") {
                from.append(field)
            } else if section.isNamed(field, "sender") {
                sender.append(field)
            } else if section.isNamed(field, "date") {
                hasDate = true
            } else if section.isNamed(field, "message-id") {
                hasMessageID = true
            } else if section.isNamed(field, "received") {
                received += 1
            } else if section.isNamed(field, "tls-required") {
                let value = String(decoding: section.unfoldedValue(field), as: UTF8.self)
                waivesTLSPolicies = value.lowercased() == "no"
            } else if section.isNamed(field, "bcc") || section.isNamed(field, "resent-bcc") {
                removed.append(field.whole)
            }
        }
        self.from = Self.addresses(from, in: section)
        self.sender = Self.addresses(sender, in: section)
        fromCount = from.count
        receivedCount = received
        self.waivesTLSPolicies = waivesTLSPolicies
        addedDate = !hasDate
        addedMessageID = !hasMessageID
        removedBlindCopies = removed.count

        let additions = (hasDate ? [] : Array("Date: ".utf8) + date.bytes + [Octet.cr, Octet.lf])
            + (hasMessageID
                ? []
                : Array("Message-ID: \(MessageID.generate(host: messageIDHost, now: date.timestamp))\r\n".utf8))
        bytes = additions.isEmpty && removed.isEmpty && section.ending != .notAField
            ? header : Self.rewrite(section, removing: removed, adding: additions)
    }

    private static func addresses(_ fields: [HeaderField], in section: HeaderSection) -> AddressList {
        var all = AddressList()
        for field in fields {
            let list = AddressList(section.rawValue(field))
            all.members += list.members
            if all.problem == nil { all.problem = list.problem }
        }
        return all
    }

    private static func rewrite(
        _ section: HeaderSection, removing removed: [Range<Int>], adding additions: [UInt8]
    ) -> [UInt8] {
        let header = section.bytes
        var bytes: [UInt8] = []
        bytes.reserveCapacity(header.count + additions.count + 4)
        var position = 0
        for range in removed {
            bytes.append(contentsOf: header[position..<range.lowerBound])
            position = range.upperBound
        }
        bytes.append(contentsOf: header[position..<section.fieldsEnd])
        // The last field of a message that just stops may have no line end.
        if let last = bytes.last, last != Octet.lf, !additions.isEmpty {
            bytes += [Octet.cr, Octet.lf]
        }
        bytes += additions
        if section.ending == .notAField { bytes += [Octet.cr, Octet.lf] }
        bytes.append(contentsOf: header[section.fieldsEnd...])
        return bytes
    }
}
