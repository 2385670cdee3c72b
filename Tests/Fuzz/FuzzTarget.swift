import FuzzSupport

/// What is fuzzed: words to make texts of, and what holds for every text.
struct FuzzTarget: Sendable {
    let name: String
    let words: [[UInt8]]
    /// Traps, hangs or throws when it finds something.
    let check: @Sendable ([UInt8], inout Dice) throws(Violation) -> Void

    static let all: [FuzzTarget] = [
        .init(name: "smtp", words: SMTPFuzz.words, check: SMTPFuzz.check),
        .init(name: "client", words: ClientTarget.words, check: ClientTarget.check),
        .init(name: "pop3", words: POP3Fuzz.words, check: POP3Fuzz.check),
        .init(name: "imap", words: CommandTarget.words, check: CommandTarget.check),
        .init(name: "header", words: HeaderFuzz.words, check: HeaderFuzz.check),
        .init(name: "mime", words: MIMETarget.words, check: MIMETarget.check),
        .init(name: "conversion", words: MIMETarget.words, check: ConversionTarget.check),
        .init(name: "directory", words: DirectoryTarget.words, check: DirectoryTarget.check),
        .init(name: "sasl", words: SASLTarget.words, check: SASLTarget.check),
        .init(name: "import", words: ImportTarget.words, check: ImportTarget.check),
        .init(name: "policy", words: PolicyTarget.words, check: PolicyTarget.check),
    ]

    /// An input's first octets choose how the rest is used; so the text stays as it is when they change.
    private static let seedOctets = 2

    func run(_ input: UnsafeBufferPointer<UInt8>) {
        guard input.count > Self.seedOctets else { return }
        var dice = Dice(seed: UInt64(input[0]) << 8 | UInt64(input[1]))
        do throws(Violation) {
            try check(Array(input[Self.seedOctets...]), &dice)
        } catch {
            fatalError("\(name): it does not hold that \(error)")
        }
    }

    /// Texts of the words to begin with, and each word alone.
    func inputs(count: Int) -> [[UInt8]] {
        var dice = Dice(seed: 1)
        return (0..<count).map { number in
            let seed = [UInt8(number >> 8 & 255), UInt8(number & 255)]
            return seed + (number < words.count ? words[number] : dice.text(of: words, upTo: 20, damage: 0))
        }
    }

    /// As libFuzzer reads it (`-dict=`); it takes words of up to 64 octets.
    var dictionary: String {
        let digits = Array("0123456789abcdef".utf8)
        return words.filter { (1...64).contains($0.count) }.map { word in
            let escaped = word.flatMap { [0x5c, 0x78, digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
            return "\"" + String(decoding: escaped, as: UTF8.self) + "\"\n"
        }.joined()
    }
}
