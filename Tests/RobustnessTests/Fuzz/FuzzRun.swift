import FuzzSupport
import Glibc

/// How long a driver runs: some hundred cases from a fixed seed in the test suite, or as many as fit
/// into MARTLET_FUZZ_SECONDS, from the seed MARTLET_FUZZ_SEED or a new one, which is printed.
enum FuzzRun {
    static func run(_ name: String, cases: Int, _ body: (inout Dice) async throws -> Void) async throws {
        guard let seconds = variable("MARTLET_FUZZ_SECONDS") else {
            var dice = Dice(seed: variable("MARTLET_FUZZ_SEED") ?? 1)
            for _ in 0..<cases { try await body(&dice) }
            return
        }
        let seed = variable("MARTLET_FUZZ_SEED") ?? UInt64.random(in: 0 ... .max)
        print("\(name): seed \(seed)")
        var dice = Dice(seed: seed)
        let end = ContinuousClock.now + .seconds(seconds)
        var count = 0
        while .now < end {
            try await body(&dice)
            count += 1
        }
        print("\(name): \(count) cases")
    }

    /// Damaged text of these words, held against `check`.
    /// - Parameter count: of words.
    static func run(
        _ name: String, cases: Int, of words: [[UInt8]], upTo count: Int,
        _ check: ([UInt8], inout Dice) throws(Violation) -> Void
    ) async throws {
        try await run(name, cases: cases) { dice in
            let text = dice.text(of: words, upTo: count)
            do throws(Violation) { try check(text, &dice) } catch { throw Violation("\(error): \(text)") }
        }
    }

    private static func variable(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }
}
