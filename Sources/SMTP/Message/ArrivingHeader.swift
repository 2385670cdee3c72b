package import NIOCore

/// Reads the header section of a message as it arrives, for the two things that the server wants to
/// know of it whatever else it holds: how many `Received:` fields there are, of which each host on the
/// way adds one, so that too many mean a loop (RFC 5321 section 6.3); and whether it says
/// `TLS-Required: No` (RFC 8689 section 5).
package struct ArrivingHeader: Sendable {
    private enum Field {
        case received, tlsRequired

        var name: StaticString {
            switch self {
            case .received: "received"
            case .tlsRequired: "tls-required"
            }
        }
    }

    /// Where in its line the next octet is.
    private enum Place {
        case begin
        /// So many octets of the name are there.
        case name(Field, Int)
        /// The name is whole.
        case colon(Field)
        /// Of TLS-Required; so many octets of "no" are there.
        case value(Int)
        /// Of no interest.
        case rest
    }

    package private(set) var receivedCount = 0
    package private(set) var waivesTLSPolicies = false
    /// The header section has ended.
    package private(set) var isFinished = false
    private var place = Place.begin

    package init() {}

    package mutating func read(_ content: ByteBuffer) {
        guard !isFinished else { return }
        content.withUnsafeReadableBytes { scan($0) }
    }

    private mutating func scan(_ bytes: UnsafeRawBufferPointer) {
        var position = 0
        while position < bytes.count, !isFinished {
            if case .rest = place {
                guard let end = bytes.index(of: Octet.lf, from: position, to: bytes.count)
                else { return }
                position = end + 1
                place = .begin
            } else {
                place = next(bytes[position])
                // The rest of a line begins with the octet that made it that: it may be the line's end.
                if case .rest = place { continue }
                position += 1
            }
        }
    }

    private mutating func next(_ octet: UInt8) -> Place {
        let octet = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(octet) ? octet | 0x20 : octet
        switch (place, octet) {
        case (.begin, Octet.cr), (.begin, Octet.lf):
            isFinished = true
            return .begin
        case (.begin, UInt8(ascii: "r")): return .name(.received, 1)
        case (.begin, UInt8(ascii: "t")): return .name(.tlsRequired, 1)
        case (.name(let field, let count), _) where octet == field.name.utf8Start[count]:
            return count + 1 == field.name.utf8CodeUnitCount ? .colon(field) : .name(field, count + 1)
        // obs-received = "Received" *WSP ":" [CFWS] ... (RFC 5322 section 4.5.7): a hop like any other
        case (.colon(.received), UInt8(ascii: " ")), (.colon(.received), UInt8(ascii: "\t")):
            return .colon(.received)
        case (.colon(.received), UInt8(ascii: ":")):
            receivedCount += 1
            return .rest
        case (.colon(.tlsRequired), UInt8(ascii: ":")): return .value(0)
        // tls-required = "TLS-Required:" [FWS] "No" CRLF
        case (.value(0), UInt8(ascii: " ")), (.value(0), UInt8(ascii: "\t")): return .value(0)
        case (.value(0), UInt8(ascii: "n")): return .value(1)
        case (.value(1), UInt8(ascii: "o")): return .value(2)
        case (.value(2), UInt8(ascii: " ")), (.value(2), UInt8(ascii: "\t")): return .value(2)
        case (.value(2), Octet.cr), (.value(2), Octet.lf):
            waivesTLSPolicies = true
            return .rest
        default: return .rest
        }
    }
}
