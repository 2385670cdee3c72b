internal import Logging
internal import MailModel

/// One line of the log, as octets: `level message key=value …`, the keys in alphabetical order.
///
/// Whatever a client has sent, it can't end its line or pretend to be another value: a value with
/// anything but plain text in it stands in quotes, and control characters are escaped everywhere.
///
///     line   = level SP text *(SP key "=" value) LF
///     value  = 1*plain / DQUOTE *(plain / SP / "=" / escape) DQUOTE
///     escape = "\" (DQUOTE / "\" / "n" / "r" / "t" / "x" 2HEXDIG)
struct LogLine {
    private(set) var bytes: [UInt8] = []

    init(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) {
        bytes.reserveCapacity(512)
        append(plain: level.rawValue)
        append(0x20)
        appendText(message)
        for key in metadata.keys.sorted() {
            append(0x20)
            appendText(key)
            append(0x3d)
            switch metadata[key] {
            case .string(let text)?: appendValue(text)
            case let value?: appendValue(value.description)
            case nil: break
            }
        }
        append(0x0a)
    }

    private mutating func append(_ octet: UInt8) { bytes.append(octet) }

    private mutating func append(plain text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func appendValue(_ text: String) {
        guard text.isEmpty || !appendIfPlain(text) else { return }
        append(0x22)
        appendEscaped(text, quoted: true)
        append(0x22)
    }

    private mutating func appendText(_ text: String) {
        if !appendIfPlain(text) { appendEscaped(text, quoted: false) }
    }

    private mutating func appendIfPlain(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { octets in
            guard !octets.contains(where: Self.needsQuotes) else { return false }
            bytes.append(contentsOf: octets)
            return true
        }
    }

    /// Octets beyond ASCII too, which are looked at more closely when they are escaped.
    private static func needsQuotes(_ octet: UInt8) -> Bool {
        octet <= 0x20 || octet >= 0x7f || octet == 0x22 || octet == 0x3d || octet == 0x5c
    }

    private mutating func appendEscaped(_ text: String, quoted: Bool) {
        guard !text.isPrintableASCII else {
            for octet in text.utf8 {
                if quoted, octet == 0x22 || octet == 0x5c { append(0x5c) }
                append(octet)
            }
            return
        }
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22 where quoted, 0x5c where quoted:
                append(0x5c)
                append(UInt8(scalar.value))
            case 0x0a: append(plain: "\\n")
            case 0x0d: append(plain: "\\r")
            case 0x09: append(plain: "\\t")
            case _ where scalar.isControl:
                for octet in UTF8.encode(scalar)! {
                    append(plain: "\\x")
                    append(Self.digits[Int(octet >> 4)])
                    append(Self.digits[Int(octet & 15)])
                }
            default:
                bytes.append(contentsOf: UTF8.encode(scalar)!)
            }
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
