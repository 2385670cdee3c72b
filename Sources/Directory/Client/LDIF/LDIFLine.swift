import MailModel

/// A logical line: continuation lines joined, comments gone, its value decoded (RFC 2849).
struct LDIFLine: Equatable {
    let number: Int
    /// As spelt, options included.
    let name: String
    let value: [UInt8]

    var text: String { String(decoding: value, as: UTF8.self) }

    /// value-spec = ":" ( FILL 0*1(SAFE-STRING) / ":" FILL (BASE64-STRING) / "<" FILL url)
    init(_ bytes: some Collection<UInt8>, number: Int) throws(LDIFError) {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
            throw LDIFError(line: number, problem: "no ':' after an attribute's name")
        }
        let name = String(decoding: bytes[..<colon], as: UTF8.self)
        guard LDAPFilter.isAttributeName(name) else {
            throw LDIFError(line: number, problem: "'\(name)' is no attribute's name")
        }
        self.number = number
        self.name = name
        let rest = bytes[bytes.index(after: colon)...]
        switch rest.first {
        case UInt8(ascii: ":"):
            let encoded = rest.dropFirst().drop { $0 == UInt8(ascii: " ") }
            guard let decoded = Base64.decode(encoded) else {
                throw LDIFError(line: number, problem: "'\(name)': not base64")
            }
            value = decoded
        case UInt8(ascii: "<"):
            throw LDIFError(
                line: number,
                problem: "'\(name)': values from files or other URLs ('\(name):<') are not read; "
                    + "put the value itself into the record, in base64 after '\(name)::'")
        default:
            value = Array(rest.drop { $0 == UInt8(ascii: " ") })
            guard !value.contains(0) else {
                throw LDIFError(line: number, problem: "'\(name)': NUL in a value not in base64")
            }
        }
    }

    func isNamed(_ keyword: String) -> Bool {
        name.equalsIgnoringASCIICase(keyword)
    }
}
