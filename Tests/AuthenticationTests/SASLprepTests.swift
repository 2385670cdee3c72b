import Testing

@testable import Authentication

@Suite struct SASLprepTests {
    /// RFC 4013 section 3, and more of the kind.
    @Test(arguments: [
        ("I\u{AD}X", "IX"), ("user", "user"), ("USER", "USER"), ("\u{AA}", "a"), ("\u{2168}", "IX"),
        ("", ""), ("a b, ~!", "a b, ~!"),
        // Mapped (section 2.1); U+200B by the first of the two lists it is in.
        ("a\u{A0}b", "a b"), ("\u{3000}", " "), ("a\u{200B}b", "a b"), ("\u{FEFF}a\u{2060}", "a"),
        ("\u{AD}", ""),
        // Form KC (section 2.2).
        ("pa\u{308}ss", "p\u{E4}ss"), ("\u{212B}", "\u{C5}"), ("\u{FB01}n", "fin"), ("x\u{B2}", "x2"),
        ("\u{2026}", "..."), ("\u{1100}\u{1161}\u{11A8}", "\u{AC01}"), ("\u{FF21}", "A"),
        ("q\u{307}\u{323}", "q\u{323}\u{307}"), ("\u{20AC}\u{DF}", "\u{20AC}\u{DF}"),
        // From right to left (RFC 3454 section 6).
        ("\u{627}1\u{628}", "\u{627}1\u{628}"), ("\u{5D0}", "\u{5D0}"), ("\u{5D0}-\u{5D1}", "\u{5D0}-\u{5D1}"),
        // Unassigned in Unicode 3.2.
        ("\u{1F600}", "\u{1F600}"), ("\u{221}", "\u{221}"),
    ])
    func prepared(_ text: String, _ expected: String) {
        // Scalars, since == of strings is blind to what is tested.
        #expect(SASLprep.prepare(text).map { Array($0.unicodeScalars) } == Array(expected.unicodeScalars))
    }

    @Test(arguments: [
        // RFC 4013 section 3.
        "\u{7}", "\u{627}1",
        // Section 2.3, table by table.
        "a\u{0}", "a\tb", "a\r", "\u{7F}", "\u{80}", "\u{6DD}", "\u{180E}", "\u{2028}", "\u{2063}", "\u{206A}",
        "\u{FFFC}", "\u{1D173}", "\u{E000}", "\u{F8FF}", "\u{F0000}", "\u{10FFFD}", "\u{FFFD}",
        "\u{2FF0}", "\u{200E}", "\u{202E}", "\u{E0001}",
        "\u{E0041}",
        // RFC 3454 section 6.
        "1\u{627}", "\u{5D0}a\u{5D1}", "a\u{5D0}", "\u{5D0}\u{E4}", "\u{FDFA}x\u{FDFA}",
    ])
    func refused(_ text: String) {
        #expect(SASLprep.prepare(text) == nil)
    }

    /// C.4, those that no literal may hold.
    @Test(arguments: [0xFDD0, 0xFDEF, 0xFFFE, 0xFFFF, 0x1FFFE, 0x1FFFF, 0x10FFFF] as [UInt32])
    func noCharacters(_ value: UInt32) throws {
        let scalar = try #require(UnicodeScalar(value))
        #expect(SASLprep.prepare("a\(scalar)b") == nil)
    }

    @Test func tablesAreInOrder() {
        for (table, first, last, count) in [
            (StringprepTable.rightToLeft, 0x5BE as UInt32, 0xFEFC as UInt32, 34),
            (.leftToRight, 0x41, 0x10FFFD, 360), (.spaces, 0xA0, 0x3000, 6),
            (.mappedToNothing, 0xAD, 0xFEFF, 8),
        ] {
            #expect(table.ranges.first?.lowerBound == first)
            #expect(table.ranges.last?.upperBound == last)
            #expect(table.ranges.count == count)
            for (one, next) in zip(table.ranges, table.ranges.dropFirst()) {
                #expect(one.upperBound < next.lowerBound)
            }
        }
    }
}
