import MailModel

extension EncodedWord {
    /// The text of a header value, unfolded, with its encoded words decoded (RFC 2047 section 6):
    /// space between two of them is dropped, those that can't be decoded stay as they are.
    ///
    /// Neighbours in one charset are joined before they are converted, because many senders cut
    /// them in the middle of a character.
    package static func decode(_ value: [UInt8]) -> String {
        var output = DecodedText()
        var plainStart = 0
        var position = 0
        while position + 1 < value.count {
            guard value[position] == UInt8(ascii: "="), value[position + 1] == UInt8(ascii: "?"),
                let word = word(value, at: position)
            else {
                position += 1
                continue
            }
            output.append(plain: value[plainStart..<position])
            output.append(word: word.content, charset: word.charset, raw: value[position..<word.end])
            position = word.end
            plainStart = word.end
        }
        output.append(plain: value[plainStart...])
        return output.finish()
    }

    /// ```
    /// encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?="
    /// ```
    private static func word(_ value: [UInt8], at start: Int)
        -> (content: [UInt8], charset: String, end: Int)?
    {
        func token(from start: Int, limit: Int) -> Range<Int>? {
            var end = start
            while end < value.count, end - start <= limit, value[end] != UInt8(ascii: "?"),
                value[end] > 0x20, value[end] < 0x7f
            {
                end += 1
            }
            guard end < value.count, value[end] == UInt8(ascii: "?") else { return nil }
            return start..<end
        }
        guard let charset = token(from: start + 2, limit: 60), !charset.isEmpty,
            let encoding = token(from: charset.upperBound + 1, limit: 1), encoding.count == 1,
            let text = token(from: encoding.upperBound + 1, limit: 2000),
            text.upperBound + 1 < value.count, value[text.upperBound + 1] == UInt8(ascii: "=")
        else { return nil }
        let name = value[charset].prefix { $0 != UInt8(ascii: "*") }.map(Octet.lowercased)
        let content: [UInt8]?
        switch Octet.lowercased(value[encoding.lowerBound]) {
        case UInt8(ascii: "b"): content = Base64.decode(padded(value[text]))
        case UInt8(ascii: "q"): content = unquoted(value[text])
        default: content = nil
        }
        guard let content else { return nil }
        return (content, String(decoding: name, as: UTF8.self), text.upperBound + 2)
    }

    /// Some senders leave the padding out.
    private static func padded(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        text + [UInt8](repeating: UInt8(ascii: "="), count: (4 - text.count % 4) % 4)
    }

    private static func unquoted(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        func digit(_ octet: UInt8) -> UInt8? {
            Character(UnicodeScalar(octet)).hexDigitValue.map(UInt8.init)
        }
        var content: [UInt8] = []
        var rest = text
        while let octet = rest.popFirst() {
            if octet == UInt8(ascii: "_") {
                content.append(Octet.space)
            } else if octet == UInt8(ascii: "=") {
                guard let high = rest.popFirst().flatMap(digit),
                    let low = rest.popFirst().flatMap(digit)
                else { return nil }
                content.append(high << 4 | low)
            } else {
                content.append(octet)
            }
        }
        return content
    }
}

private struct DecodedText {
    private var text: [UInt8] = []
    private var pending: (content: [UInt8], charset: String, raw: [UInt8])?
    /// Space that is dropped if another word follows.
    private var space: ArraySlice<UInt8> = []

    mutating func append(plain: ArraySlice<UInt8>) {
        let isSpace = plain.allSatisfy {
            Octet.isWhitespace($0) || $0 == Octet.cr || $0 == Octet.lf
        }
        if isSpace, pending != nil {
            space = plain
            return
        }
        flush()
        appendUnfolded(plain)
    }

    mutating func append(word: [UInt8], charset: String, raw: ArraySlice<UInt8>) {
        if pending?.charset == charset {
            pending?.content += word
            pending?.raw += space + raw
        } else {
            space = pending == nil ? space : []
            flush()
            pending = (word, charset, Array(raw))
        }
        space = []
    }

    private mutating func flush() {
        if let pending {
            if let decoded = Charset.decode(pending.content, named: pending.charset) {
                text.append(contentsOf: decoded.utf8)
            } else {
                text.append(contentsOf: pending.raw)
            }
        }
        pending = nil
        appendUnfolded(space)
        space = []
    }

    private mutating func appendUnfolded(_ plain: ArraySlice<UInt8>) {
        text.append(contentsOf: plain.lazy.filter { $0 != Octet.cr && $0 != Octet.lf })
    }

    mutating func finish() -> String {
        flush()
        return String(decoding: text, as: UTF8.self)
    }
}
