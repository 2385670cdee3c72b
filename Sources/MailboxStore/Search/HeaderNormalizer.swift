import InternetMessage

/// Header sections as they are searched.
enum HeaderNormalizer {
    /// Each field as "\nNAME: value", decoded, in one line, in the form of i;unicode-casemap.
    static func lines(of header: [UInt8]) -> [UInt8] {
        var text = SearchableText()
        add(header, to: &text, limit: .max)
        return text.headers
    }

    /// Adds the fields of a message's header.
    /// - Parameter limit: octets of normalised text; what follows is left out, and the text is marked.
    static func add(_ header: [UInt8], to text: inout SearchableText, limit: Int) {
        var lines = HeaderLines(header)
        while let field = lines.next() {
            guard text.headers.count < limit else {
                text.isComplete = false
                return
            }
            let name = TextNormalizer.normalize(Array(header[field.name]), keepsLines: false)
            let value = TextNormalizer.normalize(
                HeaderText.decodedValue(header[field.value]), keepsLines: false)
            text.headers.append(UInt8(ascii: "\n"))
            text.headers += name
            text.headers += [UInt8(ascii: ":"), UInt8(ascii: " ")]
            text.headers += value
            guard let column = column(name) else { continue }
            if !text[keyPath: column].isEmpty { text[keyPath: column].append(UInt8(ascii: "\n")) }
            text[keyPath: column] += value
            if column != \.subject {
                text[keyPath: column] += Self.plainAddresses(header[field.value])
            }
        }
    }

    /// The addresses without comments and quotes, each behind a line end, where the field has any
    /// of those: user(comment)@domain is to be found by user@domain too.
    private static func plainAddresses(_ value: ArraySlice<UInt8>) -> [UInt8] {
        let isPlain = !value.contains {
            $0 == UInt8(ascii: "(") || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\n")
        }
        if isPlain { return [] }
        var text: [UInt8] = []
        for mailbox in AddressList(value).mailboxes {
            guard let domain = mailbox.domain else { continue }
            text.append(UInt8(ascii: "\n"))
            text += TextNormalizer.normalize(
                mailbox.localPart + [UInt8(ascii: "@")] + domain, keepsLines: false)
        }
        return text
    }

    private static func column(_ name: [UInt8]) -> WritableKeyPath<SearchableText, [UInt8]>? {
        switch String(decoding: name, as: UTF8.self) {
        case "FROM": \.from
        case "TO": \.to
        case "CC": \.cc
        case "BCC": \.bcc
        case "SUBJECT": \.subject
        default: nil
        }
    }
}

/// The fields of a header section, one after the other; lines that are no field are passed over, as
/// broken mail has them.
struct HeaderLines {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Name without the space behind it; value without the first space, with its folds.
    mutating func next() -> (name: Range<Int>, value: Range<Int>)? {
        while position < bytes.count {
            let start = position
            var end = lineEnd(from: start)
            while end < bytes.count, bytes[end] == 0x20 || bytes[end] == 0x09 {
                end = lineEnd(from: end)
            }
            position = end
            guard let colon = bytes[start..<end].firstIndex(of: UInt8(ascii: ":")) else { continue }
            var nameEnd = colon
            while nameEnd > start, bytes[nameEnd - 1] == 0x20 || bytes[nameEnd - 1] == 0x09 {
                nameEnd -= 1
            }
            var valueStart = colon + 1
            while valueStart < end, bytes[valueStart] == 0x20 || bytes[valueStart] == 0x09 {
                valueStart += 1
            }
            var valueEnd = end
            while valueEnd > valueStart, bytes[valueEnd - 1] == 0x0a || bytes[valueEnd - 1] == 0x0d {
                valueEnd -= 1
            }
            return (start..<nameEnd, valueStart..<valueEnd)
        }
        return nil
    }

    private func lineEnd(from start: Int) -> Int {
        bytes.withUnsafeBytes { $0.index(of: UInt8(ascii: "\n"), from: start).map { $0 + 1 } }
            ?? bytes.count
    }
}
