/// Conversion of texts to Unicode.
package enum Charset {
    /// - Parameter name: in lower case.
    /// - Returns: nil when the charset is unknown. Bytes that are no character of it become U+FFFD.
    package static func decode(_ bytes: [UInt8], named name: String) -> String? {
        guard let decoder = CharsetDecoder(named: name) else { return nil }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        bytes.withUnsafeBytes { decoder.decode($0, into: &text) }
        decoder.finish(into: &text)
        return String(decoding: text, as: UTF8.self)
    }
}
