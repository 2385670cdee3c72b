import FuzzSupport
import Glibc

/// Words, alone and in pairs, repeated to a length and to four times that: what takes much more than four
/// times as long has something quadratic in it.
enum RepeatSearch {
    private static let length = 48 << 10
    private static let factor = 4
    /// Seconds: shorter ones tell nothing.
    private static let shortest = 0.02

    /// - Returns: whether everything is linear.
    static func run(_ target: FuzzTarget) -> Bool {
        let words = target.words.filter { !$0.isEmpty && $0.count < 200 }
        var isLinear = true
        for head in [[]] + words {
            for word in words {
                guard let ratio = growth(target, head, word) else { continue }
                isLinear = false
                print("\(quoted(head)) + \(quoted(word)) × n: \(Int(ratio * 10)) tenths for \(factor) times the octets")
            }
        }
        print("\(target.name): \(words.count * (words.count + 1)) repetitions, \(isLinear ? "all linear" : "not all linear")")
        return isLinear
    }

    /// How much longer the longer text takes; nil when that is as it should be.
    private static func growth(_ target: FuzzTarget, _ head: [UInt8], _ word: [UInt8]) -> Double? {
        let long = time(target, head, word, length * factor)
        guard long > shortest else { return nil }
        // Twice: others use the machine, too.
        let ratios = (0..<2).map { _ in
            time(target, head, word, length * factor) / max(time(target, head, word, length), 1e-6)
        }
        let ratio = ratios.min()!
        return ratio > Double(factor) * 2.2 ? ratio : nil
    }

    /// Seconds of the processor.
    private static func time(_ target: FuzzTarget, _ head: [UInt8], _ word: [UInt8], _ count: Int) -> Double {
        var text = [0, 0] + head
        while text.count < count { text += word }
        let start = clock()
        text.withUnsafeBufferPointer { target.run($0) }
        return Double(clock() - start) / Double(CLOCKS_PER_SEC)
    }

    private static func quoted(_ word: [UInt8]) -> String { String(decoding: word, as: UTF8.self).debugDescription }
}
