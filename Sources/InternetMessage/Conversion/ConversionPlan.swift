/// How a message is converted: what takes the place of which octets. All else stays as it is.
package struct ConversionPlan: Sendable {
    enum Replacement: Sendable {
        case octets([UInt8])
        case quotedPrintable, base64
    }

    struct Edit: Sendable {
        let range: Range<Int>
        let replacement: Replacement
    }

    /// Octets of the message as it is.
    package let size: Int
    /// Octets of the message as it will be: about, and not less.
    package private(set) var estimatedSize: Int
    /// In the order of their places.
    private(set) var edits: [Edit] = []

    init(size: Int) {
        self.size = size
        estimatedSize = size
    }

    /// Whether anything is to be changed.
    package var isEmpty: Bool { edits.isEmpty }

    mutating func replace(_ range: Range<Int>, by octets: [UInt8]) {
        edits.append(Edit(range: range, replacement: .octets(octets)))
        estimatedSize += octets.count - range.count
    }

    mutating func encode(_ range: Range<Int>, _ encoding: LeafEncoding, _ survey: OctetSurvey) {
        switch encoding {
        case .quotedPrintable:
            edits.append(Edit(range: range, replacement: .quotedPrintable))
            estimatedSize += survey.quotedPrintableSize - range.count
        case .base64:
            edits.append(Edit(range: range, replacement: .base64))
            estimatedSize += survey.base64Size - range.count
        }
    }
}

/// An encoding that makes octets 7 bit (RFC 2045 section 6).
enum LeafEncoding: String {
    case quotedPrintable = "quoted-printable"
    case base64
}
