internal import InternetMessage

/// Which fields a signature covers: their names for h=, and their canonical octets in that order.
///
/// All fields of the names below that are there. Those that a reader of the message sees are listed
/// once more than they are there, so that none can be added (RFC 6376 section 8.15).
struct SignedFields {
    /// Of fields in one signature. No sensible message comes near; h= stays below 4 KiB.
    static let limit = 200

    /// RFC 6376 section 5.4.1, and what says how the body is to be read.
    private static let sealed: [StaticString] = ["from", "subject", "date", "to", "cc"]
    private static let signed: [StaticString] = [
        "reply-to", "sender", "message-id", "in-reply-to", "references", "mime-version",
        "content-type", "content-transfer-encoding", "content-disposition", "content-id",
        "content-description", "resent-date", "resent-from", "resent-sender", "resent-to",
        "resent-cc", "resent-message-id", "list-id", "list-help", "list-unsubscribe",
        "list-unsubscribe-post", "list-subscribe", "list-post", "list-owner", "list-archive",
    ]

    private(set) var names: [StaticString] = []
    private(set) var canonical: [UInt8] = []

    init(_ section: HeaderSection) throws(DKIMError) {
        guard section.ending != .notAField else { throw .malformedHeader }
        guard section.count(of: "from") > 0 else { throw .noFrom }
        canonical.reserveCapacity(min(section.fieldsEnd, 4096))
        for name in Self.sealed {
            take(name, of: section)
            names.append(name)
        }
        for name in Self.signed { take(name, of: section) }
        guard names.count <= Self.limit else { throw .tooManyFields(limit: Self.limit) }
    }

    /// Fields of the same name are signed from the last to the first (RFC 6376 section 5.4.2).
    private mutating func take(_ name: StaticString, of section: HeaderSection) {
        for field in section.fields(named: name).reversed() {
            names.append(name)
            RelaxedHeader.append(name, section.rawValue(field), to: &canonical)
        }
    }
}
