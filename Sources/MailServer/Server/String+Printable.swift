extension String {
    /// Control characters as `?`, so that the text stays on its line.
    var printable: String {
        var text = self
        let isPlain = text.withUTF8 { octets in octets.allSatisfy { $0 >= 0x20 && $0 < 0x7f } }
        if isPlain { return self }
        guard unicodeScalars.contains(where: Self.isControl) else { return self }
        text = ""
        for scalar in unicodeScalars {
            text.unicodeScalars.append(Self.isControl(scalar) ? "?" : scalar)
        }
        return text
    }

    /// C0, DEL, C1, and the separators that some readers take for line ends.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029: true
        default: false
        }
    }
}
