/// The beginning of a message's text (RFC 8970): 200 characters at most, on one line, without the lines
/// that quote another message unless there is nothing else. It asks for the octets that it needs.
package struct PreviewReader: Sendable {
    package static let maximumCharacters = 200
    /// Octets looked at in one part, and parts looked at.
    private static let maximumOctets = 64 << 10
    private static let maximumParts = 8

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
            let end = min(start + 1024, bytes.count)
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
        // An incomplete character can't be at the end: the charset decoder keeps it.
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            if scalar == "\n" {
                isLineStart = true
                isQuoting = false
            } else if isLineStart {
                isLineStart = false
                isQuoting = scalar == ">"
            }
            if isQuoting { quoted.append(scalar) } else { line.append(scalar) }
            if line.isFull { break }
        }
        text.removeAll(keepingCapacity: true)
    }
}

/// One line of text: runs of space become one, what can't be seen goes.
private struct PreviewText: Sendable {
    private(set) var text = ""
    private var count = 0
    private var hasSpace = false

    var isEmpty: Bool { count == 0 }
    var isFull: Bool { count >= PreviewReader.maximumCharacters }

    mutating func append(_ scalar: UnicodeScalar) {
        guard !isFull else { return }
        switch scalar.value {
        case 0x09...0x0d, 0x20, 0xa0, 0x85, 0x2000...0x200a, 0x2028, 0x2029, 0x202f, 0x3000:
            hasSpace = count > 0
        // Controls, and the invisible characters with which newsletters fill theirs.
        case 0..<0x20, 0x7f...0x9f, 0xad, 0x34f, 0x200b...0x200f, 0x202a...0x202e, 0x2060...0x206f, 0xfeff:
            break
        default:
            if hasSpace {
                text.unicodeScalars.append(" ")
                count += 1
                hasSpace = false
                guard !isFull else { return }
            }
            text.unicodeScalars.append(scalar)
            count += 1
        }
    }
}
