/// Writes numbers, seven bits an octet, and counted octets.
struct CompactWriter {
    var bytes: [UInt8] = []

    mutating func octet(_ octet: UInt8) { bytes.append(octet) }

    /// - Parameter number: not negative.
    mutating func number(_ number: Int) {
        var rest = UInt(bitPattern: number)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func octets(_ octets: some Collection<UInt8>) {
        number(octets.count)
        bytes.append(contentsOf: octets)
    }

    mutating func optional(_ octets: (some Collection<UInt8>)?) {
        guard let octets else {
            number(0)
            return
        }
        number(octets.count + 1)
        bytes.append(contentsOf: octets)
    }
}

/// Reads what `CompactWriter` wrote. Every function answers nil for bytes that it did not write.
struct CompactReader {
    private static let maximumNumber = 1 << 48

    private let bytes: ArraySlice<UInt8>
    private(set) var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    var remaining: Int { bytes.endIndex - position }

    mutating func octet() -> UInt8? {
        guard position < bytes.endIndex else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func number() -> Int? {
        var number = 0
        var shift = 0
        while let octet = octet(), shift <= 42 {
            number |= Int(octet & 0x7f) << shift
            if octet < 0x80 { return number <= Self.maximumNumber ? number : nil }
            shift += 7
        }
        return nil
    }

    mutating func octets() -> ArraySlice<UInt8>? { number().flatMap { take($0) } }

    /// The outer optional is nil for what can't be read.
    mutating func optional() -> ArraySlice<UInt8>?? {
        guard let count = number() else { return nil }
        guard count > 0 else { return .some(nil) }
        guard let octets = take(count - 1) else { return nil }
        return .some(octets)
    }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= remaining else { return nil }
        defer { position += count }
        return bytes[position..<position + count]
    }
}
