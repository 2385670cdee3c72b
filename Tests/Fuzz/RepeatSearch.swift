import FuzzSupport
import Glibc

/// Some words, and others behind them repeated to a length, to four times that and to sixteen times: what
/// takes much more than four times as long at each step has something quadratic in it.
enum RepeatSearch {
    private static let length = 32 << 10
    private static let factor = 4
    /// Seconds: shorter ones tell nothing.
    private static let shortest = 0.02

    /// - Returns: whether everything is linear.
    static func run(_ target: FuzzTarget, seconds: Int) -> Bool {
        var dice = Dice(seed: UInt64(Glibc.time(nil)))
        let words = target.words.filter { !$0.isEmpty && $0.count < 200 }
        let end = ContinuousClock.now + .seconds(seconds)
        var (count, found) = (0, 0)
        while .now < end {
            let head = dice.chance(30) ? [] : dice.text(of: words, upTo: 5, damage: 0)
            let unit = dice.text(of: words, upTo: 3, damage: 0)
            count += 1
            guard !unit.isEmpty, let growth = growth(target, head, unit) else { continue }
            found += 1
            print("\(target.name): \(quoted(head)) and \(quoted(unit)) × n: \(growth) times for \(factor) times the octets")
        }
        print("\(target.name): \(count) repetitions, \(found) not linear")
        return found == 0
    }

    /// How much longer the longer text takes; nil when that is as it should be.
    private static func growth(_ target: FuzzTarget, _ head: [UInt8], _ unit: [UInt8]) -> Int? {
        guard time(target, head, unit, length * factor) > shortest else { return nil }
        // The best of three: others use the machine, too.
        func best(_ count: Int) -> Double { (0..<3).map { _ in time(target, head, unit, count) }.min()! }
        let long = best(length * factor)
        guard long > 2 * Double(factor) * best(length) else { return nil }
        // A step where memory comes from the kernel looks like that, too, but only once.
        let ratio = best(length * factor * factor) / long
        return ratio > 2 * Double(factor) ? Int(ratio) : nil
    }

    /// Seconds of the processor.
    private static func time(_ target: FuzzTarget, _ head: [UInt8], _ unit: [UInt8], _ count: Int) -> Double {
        var text = [0, 0] + head
        while text.count < count { text += unit }
        let start = clock()
        text.withUnsafeBufferPointer { target.run($0) }
        return Double(clock() - start) / Double(CLOCKS_PER_SEC)
    }

    private static func quoted(_ text: [UInt8]) -> String { String(decoding: text, as: UTF8.self).debugDescription }
}
