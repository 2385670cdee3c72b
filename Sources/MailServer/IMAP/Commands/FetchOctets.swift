/// Writes octets to memory that the caller has made sure suffices: for the responses that come ten
/// thousand at a time.
struct FetchOctets {
    private static let digitPairs: StaticString = """
        00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445\
        46474849505152535455565758596061626364656667686970717273747576777879808182838485868788899091\
        9293949596979899
        """

    private(set) var end: UnsafeMutablePointer<UInt8>

    init(_ start: UnsafeMutablePointer<UInt8>) { end = start }

    mutating func write(_ octet: UInt8) {
        end.pointee = octet
        end += 1
    }

    mutating func write(_ text: StaticString) {
        end.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        end += text.utf8CodeUnitCount
    }

    mutating func write(_ octets: [UInt8]) {
        octets.withUnsafeBufferPointer { octets in
            guard let base = octets.baseAddress else { return }
            end.update(from: base, count: octets.count)
        }
        end += octets.count
    }

    /// At most 20 octets.
    mutating func write(number: UInt64) {
        var digits = 1
        var bound: UInt64 = 10
        while digits < 20, number >= bound {
            digits += 1
            bound = digits < 20 ? bound &* 10 : .max
        }
        let pairs = Self.digitPairs.utf8Start
        var rest = number
        var place = end + digits
        end = place
        while rest >= 100 {
            let pair = Int(rest % 100) * 2
            rest /= 100
            place -= 2
            place[0] = pairs[pair]
            place[1] = pairs[pair + 1]
        }
        if rest >= 10 {
            place[-2] = pairs[Int(rest) * 2]
            place[-1] = pairs[Int(rest) * 2 + 1]
        } else {
            place[-1] = 0x30 + UInt8(rest)
        }
    }
}
