/// The comparator i;unicode-casemap (RFC 5051): texts are equal when their mapped octets are, and are
/// ordered by these.
package enum UnicodeCasemap {
    /// - Parameter text: UTF-8; octets that are none become U+FFFD.
    package static func map(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(where: { $0 >= 0x80 }) else {
            return text.map { $0 &- 0x61 < 26 ? $0 & 0xdf : $0 }
        }
        var mapped: [UInt8] = []
        mapped.reserveCapacity(text.count * 2)
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars { append(scalar, to: &mapped) }
        return mapped
    }

    package static func map(_ text: String) -> [UInt8] { map(Array(text.utf8)) }

    /// Section 2: the simple titlecase form, then its decomposition.
    private static func append(_ scalar: UnicodeScalar, to mapped: inout [UInt8]) {
        if scalar.value < 0x80 {
            let octet = UInt8(scalar.value)
            mapped.append(octet &- 0x61 < 26 ? octet & 0xdf : octet)
            return
        }
        let title = scalar.properties.titlecaseMapping.unicodeScalars
        // A form of several characters is no simple one.
        let titled = title.count == 1 ? title[title.startIndex] : scalar
        if let hangul = hangul(titled) {
            for jamo in hangul { append(utf8: jamo, to: &mapped) }
        } else if let parts = Decompositions.shared[titled.value] {
            for part in parts { append(utf8: part, to: &mapped) }
        } else {
            append(utf8: titled.value, to: &mapped)
        }
    }

    private static func append(utf8 value: UInt32, to mapped: inout [UInt8]) {
        guard let scalar = UnicodeScalar(value) else { return }
        mapped.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    /// The Unicode Standard, section 3.12.
    private static func hangul(_ scalar: UnicodeScalar) -> [UInt32]? {
        guard (0xac00...0xd7a3).contains(scalar.value) else { return nil }
        let index = scalar.value - 0xac00
        let trailing = index % 28
        return [0x1100 + index / 588, 0x1161 + index % 588 / 28]
            + (trailing > 0 ? [0x11a7 + trailing] : [])
    }
}
