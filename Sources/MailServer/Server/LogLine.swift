internal import Logging
internal import MailModel

/// One line of the log, as octets: `level message key=value …`, the keys in alphabetical order.
/// Each `add` is one of them; who calls it keeps the order.
///
/// Whatever a client has sent, it can't end its line or pretend to be another value: a value with
/// anything but plain text in it stands in quotes, and control characters are escaped everywhere.
///
///     line   = level SP text *(SP key "=" value) LF
///     value  = 1*plain / DQUOTE *(plain / SP / "=" / escape) DQUOTE
///     escape = "\" (DQUOTE / "\" / "n" / "r" / "t" / "x" 2HEXDIG)
struct LogLine {
    private var bytes: [UInt8] = []

    init(_ level: Logger.Level, _ message: String) {
        bytes.reserveCapacity(512)
        append(plain: level.rawValue)
        append(0x20)
        appendText(message)
    }

    init(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) {
        self.init(level, message)
        for key in metadata.keys.sorted() {
            switch metadata[key] {
            case .string(let text)?: add(key, text)
            case let value?: add(key, value.description)
            case nil: break
            }
        }
    }

    mutating func add(_ key: String, _ value: String) {
        begin(key)
        appendValue(value)
    }

    /// In angle brackets. Mostly plain, and then without a string of its own.
    mutating func add(_ key: String, _ path: ReversePath) {
        begin(key)
        let start = bytes.count
        append(0x3c)
        path.append(to: &bytes)
        append(0x3e)
        guard bytes[start...].contains(where: Self.needsQuotes) else { return }
        bytes.removeSubrange(start...)
        appendValue("<\(path.description.printable)>")
    }

    /// The line with its end.
    consuming func finished() -> [UInt8] {
        append(0x0a)
        return bytes
    }

    private mutating func begin(_ key: String) {
        append(0x20)
        appendText(key)
        append(0x3d)
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
            guard quoted else { return append(plain: text) }
            for octet in text.utf8 {
                if octet == 0x22 || octet == 0x5c { append(0x5c) }
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
