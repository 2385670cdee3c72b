/// All the text of a message, decoded, for searching: header fields, and text parts without their
/// encodings, charsets and HTML. It asks for octets, and gives text in portions.
///
/// ```
/// while let range = reader.wanted(atMost: 65536) {
///     reader.receive(the stored bytes in that range)
///     let text = reader.takeText()
/// }
/// ```
package struct MessageTextReader: Sendable {
    /// Octets of one header that are looked at.
    package static let maximumHeaderOctets = 256 << 10

    package enum Scope: Sendable {
        /// The message's own header.
        case header
        /// All but the message's own header: texts, and the headers of parts and of messages in them.
        case body
        case all
    }

    private enum Piece {
        case header(Range<Int>)
        case text(PartLocation)
    }

    private var waiting: [Piece] = []
    private var piece: Piece?
    private var position = 0
    private var header: [UInt8] = []
    private var decoder: PartTextDecoder?
    private var text: [UInt8] = []
    private var left: Int

    /// - Parameter limit: octets of text altogether; the rest is left out.
    package init(_ tree: PartTree, scope: Scope, limit: Int = 64 << 20) {
        left = limit
        for (index, node) in tree.nodes.enumerated() {
            let location = node.location
            if index == 0 ? scope != .body : scope != .header, !location.mime.isEmpty {
                waiting.append(.header(location.mime))
            }
            if scope != .header, location.text != .none, !location.body.isEmpty {
                waiting.append(.text(location))
            }
        }
        waiting.reverse()
    }

    /// The octets of the message that are to be received next; nil at the end. After nil too there may be
    /// text to take.
    package mutating func wanted(atMost octets: Int) -> Range<Int>? {
        while left > 0 {
            switch piece {
            case .header(let range):
                let end = min(range.upperBound, range.lowerBound + Self.maximumHeaderOctets)
                if position < end { return position..<min(position + octets, end) }
                add(HeaderText.decode(header))
                header.removeAll(keepingCapacity: true)
            case .text(let part):
                let end = part.body.upperBound
                if position < end { return position..<min(position + octets, end) }
                var rest: [UInt8] = []
                decoder?.finish(into: &rest)
                rest.append(Octet.lf)
                add(rest)
                decoder = nil
            case nil: break
            }
            piece = waiting.popLast()
            switch piece {
            case .header(let range): position = range.lowerBound
            case .text(let part):
                position = part.body.lowerBound
                decoder = PartTextDecoder(part)
            case nil: return nil
            }
        }
        return nil
    }

    package mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        position += bytes.count
        if case .header = piece {
            header.append(contentsOf: bytes)
        } else {
            let before = text.count
            decoder?.decode(bytes, into: &text)
            limit(from: before)
        }
    }

    /// The UTF-8 that has come since the last call. A word may be cut at the end of a portion.
    package mutating func takeText() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &text)
        return taken
    }

    private mutating func add(_ more: [UInt8]) {
        let before = text.count
        text += more
        limit(from: before)
    }

    private mutating func limit(from before: Int) {
        var kept = min(text.count - before, left)
        if before + kept < text.count {
            // Not in the middle of a character.
            while kept > 0, text[before + kept] & 0xc0 == 0x80 { kept -= 1 }
            text.removeSubrange((before + kept)...)
            left = 0
        } else {
            left -= kept
        }
    }
}
