// Composition is the standard library's, without Foundation's weight; it has no form KC.
@_spi(_Unicode) import Swift

/// Unicode's normalisation form KC (UAX #15).
package enum CompatibilityForm {
    /// At most 18 times as many characters as in the text.
    package static func composed(_ text: String) -> String {
        var decomposed = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            // Hangul syllables are not among them: form C leaves them as they are.
            guard let parts = Decompositions.shared[scalar.value] else {
                decomposed.append(scalar)
                continue
            }
            decomposed.append(contentsOf: parts.lazy.compactMap { UnicodeScalar($0) })
        }
        var composed = String.UnicodeScalarView()
        composed.append(contentsOf: String(decomposed)._nfc)
        return String(composed)
    }
}
