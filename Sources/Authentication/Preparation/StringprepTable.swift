/// A table of RFC 3454: characters of Unicode 3.2, in ascending ranges.
struct StringprepTable: Sendable {
    let ranges: [ClosedRange<UInt32>]

    init(_ ranges: ClosedRange<UInt32>...) { self.ranges = ranges }

    /// - Parameter text: a range each in base 36: the distance from the end of the one before and,
    ///   behind a dot, how many characters follow its first.
    init(_ text: String) {
        var end: UInt32 = 0
        ranges = text.split(whereSeparator: \.isWhitespace).map { range in
            let parts = range.split(separator: ".").map { UInt32($0, radix: 36) ?? 0 }
            let start = end + parts[0]
            end = start + (parts.count > 1 ? parts[1] : 0)
            return start...end
        }
    }

    func contains(_ scalar: UnicodeScalar) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < scalar.value { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(scalar.value)
    }
}

extension StringprepTable {
    /// B.1, commonly mapped to nothing.
    static let mappedToNothing = StringprepTable(
        0xad...0xad, 0x34f...0x34f, 0x1806...0x1806, 0x180b...0x180d, 0x200b...0x200d,
        0x2060...0x2060, 0xfe00...0xfe0f, 0xfeff...0xfeff)

    /// C.1.2, spaces outside ASCII.
    static let spaces = StringprepTable(
        0xa0...0xa0, 0x1680...0x1680, 0x2000...0x200b, 0x202f...0x202f, 0x205f...0x205f,
        0x3000...0x3000)

    /// What RFC 4013 section 2.3 prohibits. C.5, surrogates, are no characters of a String.
    static func isProhibited(_ scalar: UnicodeScalar) -> Bool {
        scalar.value & 0xfffe == 0xfffe || spaces.contains(scalar) || controls.contains(scalar)
            || others.contains(scalar)
    }

    /// C.2.1 and C.2.2, control characters.
    private static let controls = StringprepTable(
        0x00...0x1f, 0x7f...0x9f, 0x6dd...0x6dd, 0x70f...0x70f, 0x180e...0x180e, 0x200c...0x200d,
        0x2028...0x2029, 0x2060...0x2063, 0x206a...0x206f, 0xfeff...0xfeff, 0xfff9...0xfffc,
        0x1d173...0x1d17a)

    /// In their order: those that change how text is shown (C.8), for its description (C.7), for
    /// private use (C.3), no characters (C.4, but for the last two of each plane), that stand for
    /// others (C.6), tags (C.9), and more for private use.
    private static let others = StringprepTable(
        0x340...0x341, 0x200e...0x200f, 0x202a...0x202e, 0x2ff0...0x2ffb, 0xe000...0xf8ff,
        0xfdd0...0xfdef, 0xfffd...0xfffd, 0xe0001...0xe0001, 0xe0020...0xe007f,
        0xf0000...0xffffd, 0x100000...0x10fffd)

    /// D.1: of the bidirectional category R or AL.
    static let rightToLeft = StringprepTable(
        """
        14u 2 3 d.q 6.4 13 4 2.p 6.a z.2 2.2s 8 8.1 k.4 2.d 3 2.q 2c.11 c 4ta 179q 2.9 2.c 2.4 2
        2.1 2.1 2.2z y.a2 j.1r 3.1h 15.c 38.4 2.3q
        """)

    /// D.2: of the bidirectional category L.
    static let leftToRight = StringprepTable(
        """
        1t.p 7.p 1c b 5 6.m 2.u 2.88 2.h t.2l 3.8 3.6 f.1 f.4 a 3w c 2.2 2 2.j 2.17 2.11 b.3m
        8.1w 2.11 3.1 7.f y.11 3.6 2.12 2 oq 2.1g 4.3 9.3 4 8.9 3.c i.1 2.7 3.1 3.l 2.6 2 4.3 5.2
        7.1 3.1 b 5.1 2.2 5.b 3.6 b.5 5.1 3.l 2.6 2.1 2.1 2.1 5.2 p.3 2 8.9 3.2 f 2.6 2 2.2 2.l
        2.6 2.1 2.4 4.3 9 2.1 4 g 6.9 j.1 2.7 3.1 3.l 2.6 2.1 3.3 4.1 2 7.1 3.1 b 5.1 2.2 5.a j
        2.5 4.2 2.3 4.1 2 2.1 4.1 4.2 4.7 2.2 5.1 2.1 4.2 2.2 b g.b f.2 2.7 2.2 2.m 2.9 2.4 8.3
        s.1 5.9 j.1 2.7 2.2 2.m 2.9 2.4 5 2.4 3.1 2.1 a.1 8 2.1 5.9 j.1 2.7 2.2 2.m 2.f 5.2 6.2
        2.2 b 9.1 5.9 j.1 2.h 4.n 2.8 2 3.6 9.2 7.7 j.2 d.1b 2.1 d.6 9.c 12.1 2 3.1 2 3 7.3 2.6
        2.2 2 2 3.1 2.3 2.1 a 3.4 2 a.9 3.1 z.n 3.q 2 2 6.9 2.x l 6 3.3 1f.7 2.5 3 1d.x 2.4 2.1 2
        5 7 8.n 21.11 b.14 3 5.2h 6.1v 6.29 7.6 2.1q 2 2.3 3.6 2 2.3 3.12 2 2.3 3.u 2 2.3 3.6 2
        2.3 3.6 2.6 2.m 2.u 2 2.3 3.6 2.12 2.i 7.r 10.2c d.hh b.p 6.28 g.c 2.3 f.h 4.1 a.h f.c
        2.2 g.1i 8.7 2.1 c.6 2 4.9 13.9 7.2f 9.14 120.4b 5.2h 7.l 3.5 3.11 3.5 3.7 2 2 2 2.u 3.1g
        2.6 2 4.2 2.6 4.3 3.5 5.c 6.2 2.6 i 2r e 3n 5 3.9 2 4.4 7 2 2 2.3 2.2 2.6 4.2 6.4 n.z
        c3.1w r 7b.25 270.2 q.8 8.4 3.4 5.2d 7.2 2.2h 2.3 6.13 5.2l 2.13 1l.18 4.z t.r 4.1d g.b
        5.1a 2.3a 5.2q 3.u 2.52t 23.g4l 2j.wc 1h0.8mb 1nh.565 3.1m 46.6 d.4 sq.p 7.p c.2g 4.5 3.5
        3.5 3.2 mc.u 2.3 d.q 52.11 3.11 148j.6t b.12 4.1o 4.8 h.1 8.t 5.1b f7.2c 2.1y 2.1 3 3.1
        3.3 2.b 2 2.3 2.1 2.1s 2.3 3.7 2.6 2.r 2.3 2.4 2 4.6 2.9d 5.81 7xz.wye g16.f1 gvz7.1ekd
        3.1ekd
        """)
}
