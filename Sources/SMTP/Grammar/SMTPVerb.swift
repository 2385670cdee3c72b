/// The words that start a command. The raw value is the word's upper-case ASCII letters, packed
/// with the first in the highest place.
package enum SMTPVerb: UInt64, CaseIterable, Sendable {
    case helo = 0x4845_4C4F
    case ehlo = 0x4548_4C4F
    case mail = 0x4D41_494C
    case rcpt = 0x5243_5054
    case data = 0x4441_5441
    case bdat = 0x4244_4154
    case rset = 0x5253_4554
    case noop = 0x4E4F_4F50
    case vrfy = 0x5652_4659
    case expn = 0x4558_504E
    case help = 0x4845_4C50
    case quit = 0x5155_4954
    case auth = 0x4155_5448
    case startTLS = 0x5354_4152_5454_4C53
    case etrn = 0x4554_524E
    case atrn = 0x4154_524E
    // Known words of commands that are not implemented: 502 rather than 500.
    case turn = 0x5455_524E
    case send = 0x5345_4E44
    case soml = 0x534F_4D4C
    case saml = 0x5341_4D4C
    // Words of a client that claims another's identity or speaks another protocol: it is
    // disconnected, because its next lines could hold commands that someone else wrote.
    case xclient = 0x5843_4C49_454E_54
    case xforward = 0x5846_4F52_5741_5244
    case proxy = 0x5052_4F58_59
    case get = 0x47_4554
    case post = 0x504F_5354
    case head = 0x4845_4144
    case put = 0x50_5554
    case connect = 0x434F_4E4E_4543_54
    case options = 0x4F50_5449_4F4E_53

    /// The verb at the start of a line; nil when it is none of these.
    init?(_ cursor: inout ByteCursor) {
        let word = cursor.take { $0.isASCIILetterOrDigit }
        guard word.count <= 8, cursor.isAtEnd || cursor.peek == UInt8(ascii: " ") else { return nil }
        var packed: UInt64 = 0
        for byte in word { packed = packed << 8 | UInt64(byte.asciiUppercased) }
        self.init(rawValue: packed)
    }

    /// Longest command line in octets with its CRLF: 512 (RFC 5321 section 4.5.3.1.4); MAIL and
    /// RCPT more, for what RFC 1870, 2852, 3461, 4865, 4954, 6152, 6531 and 6710 add to them,
    /// rounded up, and ATRN, for its domains; AUTH 12,288 (RFC 4954 section 4).
    var maximumLineLength: Int {
        switch self {
        case .mail, .rcpt, .atrn: 2048
        case .auth: Self.maximumAuthenticationLine
        default: Self.maximumOtherLine
        }
    }

    static let maximumAuthenticationLine = 12_288
    static let maximumOtherLine = 512
}
