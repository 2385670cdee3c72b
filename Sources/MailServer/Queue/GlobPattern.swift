/// A shell pattern for addresses and domains: `*` stands for any text, `?` for one character, all
/// else for itself; the case of ASCII letters doesn't count.
struct GlobPattern {
    static let maximumLength = 320
    private let pattern: [UInt8]

    /// Nil when the text is longer than any address.
    init?(_ text: String) {
        guard text.utf8.count <= Self.maximumLength else { return nil }
        pattern = text.utf8.map(Self.folded)
    }

    /// Goes back to the last `*` only, so it takes no more than pattern times text steps.
    func matches(_ text: String) -> Bool {
        let text = Array(text.utf8)
        var (at, place) = (0, 0)
        var star: (at: Int, place: Int)?
        while place < text.count {
            if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
                star = (at, place)
                at += 1
            } else if at < pattern.count, pattern[at] == UInt8(ascii: "?") {
                at += 1
                place = Self.next(text, place)
            } else if at < pattern.count, pattern[at] == Self.folded(text[place]) {
                at += 1
                place += 1
            } else if let last = star {
                star = (last.at, last.place + 1)
                at = last.at + 1
                place = last.place + 1
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    private static func folded(_ octet: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(octet) ? octet | 0x20 : octet
    }

    /// Behind the character of UTF-8 that begins at `place`.
    private static func next(_ text: [UInt8], _ place: Int) -> Int {
        var end = place + 1
        while end < text.count, text[end] & 0xc0 == 0x80 { end += 1 }
        return end
    }
}
