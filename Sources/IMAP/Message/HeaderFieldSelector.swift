/// Picks fields out of a header that comes in portions: HEADER.FIELDS and HEADER.FIELDS.NOT (RFC 9051
/// section 6.4.5.1). The empty line is always picked. A line that is no field belongs to the fields that
/// were not named.
struct HeaderFieldSelector {
    /// A longer name is none of those that a client can name.
    private static let maximumNameOctets = 1000

    private enum State {
        case lineStart, inName, inLine
        /// A CR at a line's start: perhaps the empty line.
        case returnAtStart
    }

    private let names: Set<[UInt8]>
    private let picksNamed: Bool
    private var state = State.lineStart
    private var name: [UInt8] = []
    private var isPicked = false
    private var isFirst = true
    /// The last line that came was the empty one; the last octet was a line end.
    private(set) var hasEmptyLine = false
    private(set) var hasLineEnd = true

    init(_ names: [String], picksNamed: Bool) {
        self.names = Set(names.map { $0.utf8.map(Self.lowercased) })
        self.picksNamed = picksNamed
    }

    /// Calls `pick` with ranges of octets, counted from the header's start, that are wanted; neighbours may
    /// come one by one.
    /// - Parameter start: how many octets came before.
    mutating func take(_ bytes: UnsafeRawBufferPointer, start: Int, _ pick: (Range<Int>) -> Void) {
        var index = 0
        /// Where the octets begin that have not been decided or reported.
        var lineStart = 0
        while index < bytes.count {
            let octet = bytes[index]
            switch state {
            case .lineStart:
                lineStart = index
                if octet == 0x20 || octet == 0x09, !isFirst {
                    state = .inLine
                } else if octet == 0x0a {
                    hasEmptyLine = true
                    pick(start + index..<start + index + 1)
                } else if octet == 0x0d {
                    state = .returnAtStart
                } else {
                    name.removeAll(keepingCapacity: true)
                    state = .inName
                    continue
                }
                isFirst = false
                index += 1
            case .returnAtStart:
                if octet == 0x0a {
                    hasEmptyLine = true
                    pick(start + index - 1..<start + index + 1)
                    state = .lineStart
                    index += 1
                } else {
                    name = [0x0d]
                    state = .inName
                }
            case .inName:
                isFirst = false
                if octet == UInt8(ascii: ":") || octet == 0x0a || name.count > Self.maximumNameOctets {
                    decide(isField: octet == UInt8(ascii: ":"))
                    if isPicked {
                        // Its name may have begun in an earlier portion.
                        pick(start + index - name.count..<start + index)
                    }
                    lineStart = index
                    state = .inLine
                } else {
                    name.append(Self.lowercased(octet))
                    index += 1
                }
            case .inLine:
                let end = bytes[index...].firstIndex(of: 0x0a).map { $0 + 1 } ?? bytes.count
                if isPicked {
                    pick(start + lineStart..<start + end)
                    hasLineEnd = bytes[end - 1] == 0x0a
                }
                if bytes[end - 1] == 0x0a { state = .lineStart }
                lineStart = end
                index = end
            }
        }
    }

    /// A name at the very end, without colon and line end.
    mutating func finish(start: Int, _ pick: (Range<Int>) -> Void) {
        guard case .inName = state else { return }
        decide(isField: false)
        if isPicked {
            pick(start - name.count..<start)
            hasLineEnd = false
        }
    }

    private mutating func decide(isField: Bool) {
        var found = name
        while let last = found.last, last == 0x20 || last == 0x09 { found.removeLast() }
        isPicked = (isField && names.contains(found)) == picksNamed
    }

    private static func lowercased(_ octet: UInt8) -> UInt8 { octet &- 0x41 < 26 ? octet | 0x20 : octet }
}
