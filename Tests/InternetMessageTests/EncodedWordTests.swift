import FuzzSupport
import InternetMessage
import MailModel
import Testing

@Suite struct EncodedWordTests {
    @Test(arguments: [
        ("plain", "plain", "plain"), ("Doe, John", "Doe, John", "\"Doe, John\""),
        ("a\"b\\c", "a\"b\\c", "\"a\\\"b\\\\c\""), ("", "", "\"\""), ("J. Doe", "J. Doe", "\"J. Doe\""),
        ("J\u{f6}rg", "=?utf-8?Q?J=C3=B6rg?=", "=?utf-8?Q?J=C3=B6rg?="),
        ("\u{65e5}\u{672c}", "=?utf-8?B?5pel5pys?=", "=?utf-8?B?5pel5pys?="),
        ("=?utf-8?Q?x?=", "=?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?=", "=?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?="),
        ("a\r\nBcc: x", "a  Bcc: x", "\"a  Bcc: x\""), ("a\u{0}b\u{7f}", "a b ", "\"a b \""),
    ])
    func encodes(value: String, text: String, phrase: String) {
        if !value.hasPrefix("=?") {
            #expect(EncodedWord.text(value) == text)
            #expect(EncodedWord.phrase(value) == phrase)
        }
        #expect(EncodedWord.decode(Array(EncodedWord.text(value).utf8)).count == value.unicodeScalars.count)
    }

    @Test func whatLooksEncodedIsEncoded() {
        let encoded = EncodedWord.text("=?utf-8?Q?x?=")
        #expect(encoded != "=?utf-8?Q?x?=")
        #expect(EncodedWord.decode(Array(encoded.utf8)) == "=?utf-8?Q?x?=")
    }

    @Test func anyTextComesBackInShortLines() {
        var random = Dice(seed: 6)
        let alphabet = ["a", "J\u{f6}rg", "\u{65e5}", "\u{1f600}", " ", "=?", "?=", "\"", "e\u{301}", "\\", ",", "YQ"]
        for _ in 0..<5000 {
            let value = text(random.bytes(from: alphabet, pieces: 100))
            let column = Int.random(in: 0...100, using: &random)
            for encoded in [EncodedWord.text(value, column: column), EncodedWord.phrase(value, column: column)] {
                guard encoded.hasPrefix("=?") || encoded.hasPrefix("\r\n =?") else { continue }
                #expect(EncodedWord.decode(Array(encoded.utf8)).trimmed == value.trimmed)
                for (index, line) in encoded.split(separator: "\r\n", omittingEmptySubsequences: false).enumerated() {
                    #expect(line.utf8.count + (index == 0 && !line.isEmpty ? column : 0) <= 76)
                    #expect(index == 0 || line.hasPrefix(" =?"))
                }
            }
        }
    }

    @Test func noControlPasses() {
        var random = Dice(seed: 7)
        let alphabet = ["\r", "\n", "\r\n", "a", "\u{f6}", "\u{0}", "Bcc: x", "\u{1b}"]
        for _ in 0..<5000 {
            let value = text(random.bytes(from: alphabet, pieces: 60))
            for encoded in [EncodedWord.text(value), EncodedWord.phrase(value)] {
                let unfolded = encoded.replacing("\r\n =?", with: "=?")
                #expect(!unfolded.utf8.contains { $0 < 0x20 || $0 >= 0x7f })
            }
        }
    }

    @Test(arguments: [
        ("=?ISO-8859-1?Q?a?=", "a"), ("=?ISO-8859-1?Q?a?= b", "a b"), ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a?=  \r\n   =?ISO-8859-1?Q?b?=", "ab"), ("=?ISO-8859-1?Q?a_b?=", "a b"),
        ("=?iso-8859-1?q?J=F6rg?= <a@b>", "J\u{f6}rg <a@b>"), ("=?utf-8*en?B?YQ?=", "a"),
        ("=?koi8-r?B?8NLJ18XU?=", "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}"),
        ("=?nonsense?Q?a?=", "=?nonsense?Q?a?="), ("=?../x?Q?a?=", "=?../x?Q?a?="),
        ("=?utf-8?X?a?=", "=?utf-8?X?a?="), ("=?utf-8?Q?a b?=", "=?utf-8?Q?a b?="), ("=?utf-8?Q?=F?=", "=?utf-8?Q?=F?="),
        ("=?", "=?"), ("=?utf-8?Q?a", "=?utf-8?Q?a"), ("a\r\n b", "a b"),
        ("=?utf-8?Q?=E6=97?= =?UTF-8?Q?=A5?=", "\u{65e5}"), ("a =?utf-8?Q?b?= c", "a b c"),
        ("=?utf-8?Q?a?= =?iso-8859-1?Q?b?=", "ab"), ("=?utf-8?Q??=", ""), ("=?utf-8?Q?a?= ", "a "),
    ])
    func decodes(value: String, expected: String) {
        #expect(EncodedWord.decode(Array(value.utf8)) == expected)
    }

    @Test func decodingSurvivesAnyBytes() {
        var random = Dice(seed: 8)
        let alphabet = ["=?", "?=", "?", "utf-8", "Q", "B", "=", "_", " ", "YQ==", "a", "\u{e9}", "gb2312", "\r\n "]
        for _ in 0..<30_000 { _ = EncodedWord.decode(random.bytes(from: alphabet, pieces: 30)) }
        _ = EncodedWord.decode(Array(String(repeating: "=?a?q?", count: 50_000).utf8))
    }
}

extension String {
    fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
