/// Octets written as an escape and two hexadecimal digits: `%2E`, `=2E`.
enum HexEscapes {
    /// What is no escape stays.
    static func decode(_ text: ArraySlice<UInt8>, escape: UInt8) -> [UInt8] {
        guard text.contains(escape) else { return Array(text) }
        var octets: [UInt8] = []
        octets.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            if text[index] == escape, index + 2 < text.endIndex, let high = digit(text[index + 1]),
                let low = digit(text[index + 2])
            {
                octets.append(high << 4 | low)
                index += 3
            } else {
                octets.append(text[index])
                index += 1
            }
        }
        return octets
    }

    static func digit(_ octet: UInt8) -> UInt8? {
        switch octet {
        case 0x30...0x39: octet - 0x30
        case 0x41...0x46: octet - 0x37
        case 0x61...0x66: octet - 0x57
        default: nil
        }
    }
}
