internal import MailModel

/// A line of the history, as octets: one JSON object whose first member is the message's id.
///
///     line   = '{"id":"' id '","at":' milliseconds ',"event":"' event '"' *member "}" LF
///     member = ',"' name '":' (string / number / "[" [string *("," string)] "]")
struct HistoryLine {
    /// Octets of a text; what is longer is cut.
    private static let maximumText = 1000

    private var octets: [UInt8] = []

    init(_ id: QueueID, _ event: StaticString, at moment: Timestamp = .now) {
        octets.reserveCapacity(400)
        append("{\"id\":\"")
        octets.append(contentsOf: id.description.utf8)
        append("\",\"at\":")
        append(moment.milliseconds)
        append(",\"event\":\"")
        append(event)
        octets.append(UInt8(ascii: "\""))
    }

    /// Nothing when the value is nil.
    mutating func add(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        begin(name)
        append(text: value)
    }

    mutating func add(_ name: StaticString, _ path: ReversePath) {
        begin(name)
        append(path)
    }

    mutating func add(_ name: StaticString, _ value: some BinaryInteger) {
        begin(name)
        append(Int64(value))
    }

    mutating func add(_ name: StaticString, _ values: [String]) {
        add(name, values) { line, value in line.append(text: value) }
    }

    /// - Parameter append: appends one element's value.
    @inline(__always)
    mutating func add<Element>(
        _ name: StaticString, _ elements: some Sequence<Element>,
        append: (inout HistoryLine, Element) -> Void
    ) {
        begin(name)
        octets.append(UInt8(ascii: "["))
        var isFirst = true
        for element in elements {
            if !isFirst { octets.append(UInt8(ascii: ",")) }
            isFirst = false
            append(&self, element)
        }
        octets.append(UInt8(ascii: "]"))
    }

    consuming func finished() -> [UInt8] {
        append("}\n")
        return octets
    }

    private mutating func begin(_ name: StaticString) {
        append(",\"")
        append(name)
        append("\":")
    }

    private mutating func append(_ text: StaticString) {
        octets.append(
            contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func append(_ number: Int64) {
        octets.append(contentsOf: number.description.utf8)
    }

    mutating func append(text: String) {
        octets.append(UInt8(ascii: "\""))
        let isPlain = text.utf8.count <= Self.maximumText && text.utf8.allSatisfy(Self.isPlain)
        if isPlain {
            octets.append(contentsOf: text.utf8)
        } else {
            appendEscaped(text)
        }
        octets.append(UInt8(ascii: "\""))
    }

    /// Mostly plain and short, and then without a string of its own.
    mutating func append(_ path: ReversePath) {
        let start = octets.count
        octets.append(UInt8(ascii: "\""))
        path.append(to: &octets)
        if octets.count - start <= Self.maximumText, octets[(start + 1)...].allSatisfy(Self.isPlain) {
            octets.append(UInt8(ascii: "\""))
        } else {
            octets.removeSubrange(start...)
            append(text: path.description)
        }
    }

    private static func isPlain(_ octet: UInt8) -> Bool {
        octet >= 0x20 && octet != UInt8(ascii: "\"") && octet != UInt8(ascii: "\\")
    }

    private mutating func appendEscaped(_ text: String) {
        let limit = octets.count + Self.maximumText
        for scalar in text.unicodeScalars {
            guard octets.count < limit else { return append("…") }
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case "\u{0}"..."\u{1f}":
                append("\\u00")
                octets.append(scalar.value < 16 ? 0x30 : 0x31)
                octets.append(Self.digits[Int(scalar.value & 15)])
            default: octets.append(contentsOf: UTF8.encode(scalar)!)
            }
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
