import InternetMessage
import Testing

/// The Unicode Standard's form KC, compared scalar by scalar.
@Suite struct CompatibilityFormTests {
    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("\u{FB01}", "fi"), ("\u{FB03}", "ffi"), ("\u{2460}", "1"),
        ("e\u{301}", "\u{E9}"), ("\u{E9}", "\u{E9}"), ("\u{212B}", "\u{C5}"), ("\u{2126}", "\u{3A9}"),
        ("\u{1E9B}\u{323}", "\u{1E69}"), ("\u{3392}", "MHz"), ("\u{FF76}\u{FF9E}", "\u{30AC}"),
        ("\u{AC00}", "\u{AC00}"), ("\u{1112}\u{1161}\u{11AB}", "\u{D55C}"), ("\u{3131}", "\u{1100}"),
        ("\u{344}", "\u{308}\u{301}"), ("\u{958}", "\u{915}\u{93C}"), ("a\u{315}\u{300}", "\u{E0}\u{315}"),
        ("\u{1D400}", "A"), ("\u{2F868}", "\u{36FC}"),
    ])
    func composed(_ text: String, _ expected: String) {
        #expect(
            Array(CompatibilityForm.composed(text).unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test func longest() {
        #expect(CompatibilityForm.composed("\u{FDFA}").unicodeScalars.count == 18)
    }
}
