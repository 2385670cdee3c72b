/// Seeded random numbers (SplitMix64), so that whatever a driver finds can be found again.
package struct Dice: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    package mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    package mutating func octets(upTo count: Int) -> [UInt8] {
        (0..<Int.random(in: 0...count, using: &self)).map { _ in UInt8.random(in: 0...255, using: &self) }
    }

    /// Some of the words one after the other, now and then damaged.
    package mutating func text(of words: [[UInt8]], upTo count: Int, damage: Int = 30) -> [UInt8] {
        var text: [UInt8] = []
        for _ in 0..<Int.random(in: 1...count, using: &self) {
            text += chance(90) ? words.randomElement(using: &self)! : octets(upTo: 40)
        }
        if chance(damage) { mutate(&text) }
        return text
    }

    /// A few octets changed, removed, put in or repeated.
    package mutating func mutate(_ text: inout [UInt8]) {
        for _ in 0..<Int.random(in: 1...4, using: &self) where !text.isEmpty {
            let at = Int.random(in: text.indices, using: &self)
            switch Int.random(in: 0..<5, using: &self) {
            case 0: text[at] = UInt8.random(in: 0...255, using: &self)
            case 1: text.remove(at: at)
            case 2: text.insert(UInt8.random(in: 0...255, using: &self), at: at)
            case 3: text.removeSubrange(at..<min(text.count, at + Int.random(in: 1...20, using: &self)))
            default:
                let piece = text[at..<min(text.count, at + Int.random(in: 1...20, using: &self))]
                for _ in 0..<Int.random(in: 1...30, using: &self) { text.insert(contentsOf: piece, at: at) }
            }
        }
    }

    /// The text cut into pieces.
    package mutating func split(_ text: [UInt8]) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = text[...]
        let most = chance(30) ? 1 : 200
        while !rest.isEmpty {
            let count = Int.random(in: 1...most, using: &self)
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return pieces
    }
}
