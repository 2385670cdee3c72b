package import MailModel

/// What sorting and threading compare (RFC 5256, RFC 5957), computed once and kept apart from
/// `MessageFacts`, so that a large mailbox can be sorted with little memory. One coded value.
package struct MessageKeys: Sendable, Equatable {
    package static let version: UInt8 = 2

    /// Makes every offset that a date can have positive: +/-9959.
    private static let offsetBias = 100 * 60

    package let encoded: [UInt8]

    /// A view of the keys, made once for a message and then used as often as needed.
    package struct Values: Sendable, Equatable {
        /// The Date field; nil when it has none that can be read, and INTERNALDATE counts.
        package var sentDate: Timestamp?
        /// The zone in which it says so, in minutes east of UTC.
        package var sentOffsetMinutes: Int
        /// RFC 5256 section 2.1, in the form of i;unicode-casemap.
        package var baseSubject: [UInt8]
        /// The subject says that the message is a reply or was forwarded.
        package var isReply: Bool
        /// The local part of the first mailbox, in the form of i;unicode-casemap.
        package var from: [UInt8]
        package var to: [UInt8]
        package var cc: [UInt8]
        /// The first mailbox's display name, or else its address, in that form (RFC 5957).
        package var displayFrom: [UInt8]
        package var displayTo: [UInt8]
        /// Without its angle brackets and quotes (RFC 5256 section 3).
        package var messageID: [UInt8]?
        /// Message IDs of References, oldest first; without it the first one of In-Reply-To.
        package var references: [[UInt8]]
        /// `references` come from a References field.
        package var hasReferences: Bool

        package init(
            sentDate: Timestamp? = nil, sentOffsetMinutes: Int = 0, baseSubject: [UInt8] = [], isReply: Bool = false,
            from: [UInt8] = [], to: [UInt8] = [], cc: [UInt8] = [], displayFrom: [UInt8] = [],
            displayTo: [UInt8] = [], messageID: [UInt8]? = nil, references: [[UInt8]] = [],
            hasReferences: Bool = false
        ) {
            self.sentDate = sentDate
            self.sentOffsetMinutes = sentOffsetMinutes
            self.baseSubject = baseSubject
            self.isReply = isReply
            self.from = from
            self.to = to
            self.cc = cc
            self.displayFrom = displayFrom
            self.displayTo = displayTo
            self.messageID = messageID
            self.references = references
            self.hasReferences = hasReferences
        }

        /// The day that the Date field names, whatever its zone (RFC 9051 section 6.4.4: SENTON);
        /// days since 1970-01-01.
        package var sentDay: Int? {
            sentDate.map { date in
                Int((date.seconds + Int64(sentOffsetMinutes) * 60).floorDivided(by: 86_400))
            }
        }
    }

    package init(_ values: Values) {
        var writer = CompactWriter()
        writer.octet(Self.version)
        writer.octet(
            (values.isReply ? 1 : 0) | (values.hasReferences ? 2 : 0) | (values.sentDate == nil ? 0 : 4))
        if let date = values.sentDate {
            let bits = UInt64(bitPattern: date.milliseconds)
            for shift in stride(from: 0, to: 64, by: 8) {
                writer.octet(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
            }
            writer.number(values.sentOffsetMinutes + Self.offsetBias)
        }
        writer.octets(values.baseSubject)
        writer.octets(values.from)
        writer.octets(values.to)
        writer.octets(values.cc)
        writer.octets(values.displayFrom)
        writer.octets(values.displayTo)
        writer.optional(values.messageID)
        writer.number(values.references.count)
        for reference in values.references { writer.octets(reference) }
        encoded = writer.bytes
    }

    /// Nil for bytes of another version, or broken ones.
    package init?(decoding bytes: [UInt8]) {
        guard Self.values(bytes) != nil else { return nil }
        encoded = bytes
    }

    package var values: Values { Self.values(encoded) ?? Values() }
    package var messageID: [UInt8]? { values.messageID }
    package var references: [[UInt8]] { values.references }

    private static func values(_ bytes: [UInt8]) -> Values? {
        var reader = CompactReader(bytes[...])
        guard reader.octet() == version, let flags = reader.octet() else { return nil }
        var values = Values()
        values.isReply = flags & 1 != 0
        values.hasReferences = flags & 2 != 0
        if flags & 4 != 0 {
            guard let date = reader.take(8) else { return nil }
            let bits = date.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            values.sentDate = Timestamp(milliseconds: Int64(bitPattern: bits))
            guard let offset = reader.number() else { return nil }
            values.sentOffsetMinutes = offset - offsetBias
        }
        guard let subject = reader.octets(), let from = reader.octets(), let to = reader.octets(),
            let cc = reader.octets(), let displayFrom = reader.octets(),
            let displayTo = reader.octets(), let messageID = reader.optional(),
            let count = reader.number(), count <= reader.remaining
        else { return nil }
        values.baseSubject = Array(subject)
        values.from = Array(from)
        values.to = Array(to)
        values.cc = Array(cc)
        values.displayFrom = Array(displayFrom)
        values.displayTo = Array(displayTo)
        values.messageID = messageID.map { Array($0) }
        for _ in 0..<count {
            guard let reference = reader.octets() else { return nil }
            values.references.append(Array(reference))
        }
        return values
    }
}
