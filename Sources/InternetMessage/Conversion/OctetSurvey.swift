/// What kinds of octets a part's content has, from its bytes as they come.
struct OctetSurvey: Sendable {
    private(set) var count = 0
    /// Octets beyond ASCII.
    private(set) var eightBit = 0
    /// Octets that quoted-printable has to escape, those beyond ASCII among them.
    private var escaped = 0
    /// NUL, CR and LF outside of CRLF, and lines of more than 998 octets, none of which 7bit and
    /// 8bit allow (RFC 2045 section 2.7).
    private(set) var isBinary = false
    private var lineLength = 0
    private var lines = 0
    private var endsWithCR = false

    mutating func scan(_ bytes: UnsafeRawBufferPointer) {
        count += bytes.count
        for octet in bytes {
            if octet == Octet.lf {
                if !endsWithCR { bare() }
                lines += 1
                lineLength = 0
                endsWithCR = false
                continue
            }
            if endsWithCR {
                bare()
                endsWithCR = false
            }
            lineLength += 1
            if octet == Octet.cr {
                endsWithCR = true
            } else if octet >= 0x80 {
                eightBit += 1
                escaped += 1
            } else if octet == UInt8(ascii: "=") || octet == 0x7f {
                escaped += 1
            } else if octet < 0x20, octet != Octet.tab {
                escaped += 1
                if octet == 0 { isBinary = true }
            }
            // The CR of the line end counts until its LF comes.
            if lineLength > 999 { isBinary = true }
        }
    }

    private mutating func bare() {
        isBinary = true
        escaped += 1
    }

    /// Few octets need an escape, so that quoted-printable is shorter than base 64.
    var isMostlyText: Bool { escaped * 6 <= count }

    /// With a soft line break each 70 octets, a hyphen or a space to be escaped beside each, and
    /// a space at the end of each line.
    var quotedPrintableSize: Int {
        let octets = count + 2 * escaped
        return octets + octets / 70 * 5 + lines * 2 + 8
    }

    var base64Size: Int {
        let digits = (count + 2) / 3 * 4
        return digits + digits / 76 * 2
    }
}
