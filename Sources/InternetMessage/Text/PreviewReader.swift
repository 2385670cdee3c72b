/// The beginning of a message's text (RFC 8970): 200 characters at most, on one line, without the lines
/// that quote another message unless there is nothing else. It asks for the octets that it needs.
package struct PreviewReader: Sendable {
    package static let maximumCharacters = 200
    /// Octets looked at in one part, and parts looked at.
    private static let maximumOctets = 64 << 10
    private static let maximumParts = 8
    /// Octets decoded before looking whether it is enough.
    private static let stepOctets = 256

    private var waiting: ArraySlice<PartLocation>
    private var part: PartLocation?
    private var position = 0
    private var decoder: PartTextDecoder?
    private var line = PreviewText()
    private var quoted = PreviewText()
    private var text: [UInt8] = []
    /// In the text that was decoded: at the beginning of a line, in one that quotes.
    private var isLineStart = true
    private var isQuoting = false
    private var hasText = false

    package init(_ tree: PartTree) {
        waiting = tree.nodes.lazy.map(\.location)
            .filter { $0.text == .plain || $0.text == .html }.prefix(Self.maximumParts)[...]
        hasText = !waiting.isEmpty
    }

    /// The octets of the message that are to be received next; nil when the preview is complete.
    package mutating func wanted(atMost octets: Int) -> Range<Int>? {
        while true {
            if let part {
                let end = min(part.body.upperBound, part.body.lowerBound + Self.maximumOctets)
                if position < end, !line.isFull { return position..<min(position + octets, end) }
                decoder?.finish(into: &text)
                takeText()
                self.part = nil
                decoder = nil
            }
            guard line.isEmpty, let next = waiting.popFirst() else { return nil }
            part = next
            position = next.body.lowerBound
            decoder = PartTextDecoder(next)
            isLineStart = true
            isQuoting = false
        }
    }

    package mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        position += bytes.count
        // Most previews end long before the part does.
        var start = 0
        while start < bytes.count, !line.isFull {
            let end = min(start + Self.stepOctets, bytes.count)
            decoder?.decode(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), into: &text)
            takeText()
            start = end
        }
    }

    /// Nil when the message has no text part; empty when there is nothing in it.
    package mutating func finish() -> String? {
        guard hasText else { return nil }
        return line.isEmpty ? quoted.text : line.text
    }

    private mutating func takeText() {
        var index = 0
        // An incomplete character can't be at the end: the charset decoder keeps it.
        while index < text.count, !line.isFull {
            var value = UInt32(text[index])
            index += 1
            if value >= 0x80 {
                value &= value >= 0xf0 ? 0x07 : value >= 0xe0 ? 0x0f : 0x1f
                while index < text.count, text[index] & 0xc0 == 0x80 {
                    value = value << 6 | UInt32(text[index] & 0x3f)
                    index += 1
                }
            }
            if isLineStart {
                isLineStart = false
                isQuoting = value == 0x3e
            }
            if isQuoting { quoted.append(value) } else { line.append(value) }
            if value == 0x0a { isLineStart = true }
        }
        text.removeAll(keepingCapacity: true)
    }
}

/// One line of text: runs of space become one, what can't be seen goes.
private struct PreviewText: Sendable {
    private var octets: [UInt8] = []
    private var count = 0
    private var hasSpace = false

    var text: String { String(decoding: octets, as: UTF8.self) }
    var isEmpty: Bool { count == 0 }
    var isFull: Bool { count >= PreviewReader.maximumCharacters }

    mutating func append(_ character: UInt32) {
        guard !isFull else { return }
        switch character {
        case 0x09...0x0d, 0x20, 0xa0, 0x85, 0x2000...0x200a, 0x2028, 0x2029, 0x202f, 0x3000:
            hasSpace = count > 0
        // Controls, and the invisible characters with which newsletters fill theirs.
        case 0..<0x20, 0x7f...0x9f, 0xad, 0x34f, 0x200b...0x200f, 0x202a...0x202e, 0x2060...0x206f, 0xfeff:
            break
        default:
            if hasSpace {
                octets.append(Octet.space)
                count += 1
                hasSpace = false
                guard !isFull else { return }
            }
            if character < 0x80 {
                octets.append(UInt8(character))
            } else if let encoded = UnicodeScalar(character).flatMap({ UTF8.encode($0) }) {
                octets.append(contentsOf: encoded)
            }
            count += 1
        }
    }
}
