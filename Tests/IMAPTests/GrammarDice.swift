import FuzzSupport
import Glibc

/// `Dice` for IMAP: octets that mean something there take the place of others.
struct GrammarDice: RandomNumberGenerator {
    private var dice: Dice

    init(seed: UInt64) { dice = Dice(seed: seed) }

    mutating func next() -> UInt64 { dice.next() }

    mutating func chance(_ percent: Int) -> Bool { dice.chance(percent) }

    /// A few octets changed, removed, put in or repeated.
    mutating func mutate(_ text: inout [UInt8]) {
        let odd = Array("{}+~()\"\\*%$,:.<>[]\r\n\u{0} 09azAZ&-".utf8) + [0x7f, 0x80, 0xc3, 0xff]
        for _ in 0..<Int.random(in: 1...4, using: &self) where !text.isEmpty {
            let at = Int.random(in: text.indices, using: &self)
            let end = min(text.count, at + Int.random(in: 1...20, using: &self))
            switch Int.random(in: 0..<5, using: &self) {
            case 0: text[at] = odd.randomElement(using: &self)!
            case 1: text.remove(at: at)
            case 2: text.insert(odd.randomElement(using: &self)!, at: at)
            case 3: text.removeSubrange(at..<end)
            default:
                let piece = text[at..<end]
                for _ in 0..<Int.random(in: 1...30, using: &self) { text.insert(contentsOf: piece, at: at) }
            }
        }
    }

    /// Some hundred cases from a fixed seed, or as many as fit into MARTLET_FUZZ_SECONDS, from the
    /// seed MARTLET_FUZZ_SEED or a new one, which is printed.
    static func run(_ name: String, cases: Int, _ body: (inout GrammarDice) throws -> Void) rethrows {
        guard let seconds = variable("MARTLET_FUZZ_SECONDS") else {
            var dice = GrammarDice(seed: variable("MARTLET_FUZZ_SEED") ?? 1)
            for _ in 0..<cases { try body(&dice) }
            return
        }
        let seed = variable("MARTLET_FUZZ_SEED") ?? UInt64.random(in: 0 ... .max)
        print("\(name): seed \(seed)")
        var dice = GrammarDice(seed: seed)
        let end = ContinuousClock.now + .seconds(seconds)
        var count = 0
        while .now < end {
            try body(&dice)
            count += 1
        }
        print("\(name): \(count) cases")
    }

    private static func variable(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }
}
