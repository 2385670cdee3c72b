/// Mailbox names of clients that don't speak UTF-8 (RFC 9051 appendix A.1): printable ASCII stands
/// for itself, `&-` for `&`, and everything else is UTF-16 in a base 64 of its own between `&` and
/// `-`.
package enum ModifiedUTF7 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,".utf8)
    private static let shift = UInt8(ascii: "&")
    private static let end = UInt8(ascii: "-")

    /// Whether the encoded name differs from the name.
    package static func isNeeded(_ name: String) -> Bool {
        name.utf8.contains { $0 == shift || !isPrintable($0) }
    }

    package static func encode(_ name: String) -> String {
        var result: [UInt8] = []
        var run: [UInt16] = []
        for scalar in name.unicodeScalars {
            guard scalar.isASCII, isPrintable(UInt8(scalar.value)) else {
                run.append(contentsOf: UTF16.encode(scalar)!)
                continue
            }
            writeRun(&run, to: &result)
            result.append(UInt8(scalar.value))
            if scalar == "&" { result.append(end) }
        }
        writeRun(&run, to: &result)
        return String(decoding: result, as: UTF8.self)
    }

    /// Nil for what is not the one right encoding of a name: octets outside printable ASCII, base 64
    /// that holds printable ASCII, is cut off, has bits left that are not zero or could have been
    /// joined to the run before it, and lone surrogates.
    package static func decode(_ octets: some Sequence<UInt8>) -> String? {
        var units: [UInt16] = []
        var input = octets.makeIterator()
        var isAfterRun = false
        while let octet = input.next() {
            guard isPrintable(octet) else { return nil }
            guard octet == shift else {
                units.append(UInt16(octet))
                isAfterRun = false
                continue
            }
            guard let count = readRun(&input, to: &units) else { return nil }
            if count == 0 {
                units.append(UInt16(shift))
                isAfterRun = false
            } else {
                guard !isAfterRun else { return nil }
                isAfterRun = true
            }
        }
        return String(validating: units, as: UTF16.self)
    }

    private static func isPrintable(_ octet: UInt8) -> Bool { octet >= 0x20 && octet < 0x7f }

    private static func writeRun(_ run: inout [UInt16], to result: inout [UInt8]) {
        guard !run.isEmpty else { return }
        result.append(shift)
        var bits: UInt32 = 0
        var count = 0
        for unit in run {
            bits = bits << 16 | UInt32(unit)
            count += 16
            while count >= 6 {
                count -= 6
                result.append(alphabet[Int(bits >> UInt32(count)) & 63])
            }
        }
        if count > 0 { result.append(alphabet[Int(bits << UInt32(6 - count)) & 63]) }
        result.append(end)
        run.removeAll(keepingCapacity: true)
    }

    /// Reads up to and with the `-`.
    /// - Returns: how many units were read; nil when the run is not right.
    private static func readRun(
        _ input: inout some IteratorProtocol<UInt8>, to units: inout [UInt16]
    ) -> Int? {
        var bits: UInt32 = 0
        var count = 0
        var read = 0
        while let octet = input.next() {
            if octet == end {
                // What is left is padding: less than one digit, all zero.
                let isClean = count < 6 && bits & (1 << UInt32(count) - 1) == 0
                return isClean && (read > 0 || count == 0) ? read : nil
            }
            guard let value = value(octet) else { return nil }
            bits = bits << 6 | value
            count += 6
            guard count >= 16 else { continue }
            count -= 16
            let unit = UInt16(truncatingIfNeeded: bits >> UInt32(count))
            guard unit > 0xff || !isPrintable(UInt8(unit)) else { return nil }
            units.append(unit)
            read += 1
        }
        return nil
    }

    private static func value(_ octet: UInt8) -> UInt32? {
        switch octet {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(octet - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(octet - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(octet - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: ","): 63
        default: nil
        }
    }
}
