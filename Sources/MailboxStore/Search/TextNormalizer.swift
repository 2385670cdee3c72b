import InternetMessage

/// The form in which texts are kept and looked for: i;unicode-casemap (RFC 5051), so that search and
/// text agree (I18NLEVEL=1), without control characters.
package enum TextNormalizer {
    /// - Parameters:
    ///   - text: UTF-8.
    ///   - keepsLines: otherwise a line end becomes a space, as other control characters do.
    package static func normalize(_ text: [UInt8], keepsLines: Bool = true) -> [UInt8] {
        var mapped = UnicodeCasemap.map(text)
        for index in mapped.indices where mapped[index] < 0x20 || mapped[index] == 0x7f {
            if keepsLines, mapped[index] == UInt8(ascii: "\n") { continue }
            mapped[index] = UInt8(ascii: " ")
        }
        return mapped
    }

    package static func normalize(_ text: String, keepsLines: Bool = true) -> [UInt8] {
        normalize(Array(text.utf8), keepsLines: keepsLines)
    }
}
