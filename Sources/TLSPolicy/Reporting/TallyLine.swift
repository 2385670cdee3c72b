internal import class Foundation.JSONDecoder
internal import class Foundation.JSONEncoder
internal import struct Foundation.Data

/// A line of a day's file: what was counted for one policy since the line before. Lines of the same
/// policy add up.
struct TallyLine: Codable {
    private struct Failure: Codable {
        let failure: TLSFailure
        let sessions: Int
    }

    let policy: TLSReportPolicy
    private let successful: Int
    private let failed: Int
    private let failures: [Failure]

    init(_ policy: TLSReportPolicy, _ tally: TLSTally) {
        self.policy = policy
        successful = tally.successful
        failed = tally.failed
        failures = tally.failures.map { Failure(failure: $0.key, sessions: $0.value) }
    }

    var tally: TLSTally {
        var tally = TLSTally()
        tally.successful = successful
        tally.failed = failed
        for failure in failures { tally.count(failure.failure, sessions: failure.sessions) }
        return tally
    }

    /// With its end.
    func bytes() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ((try? encoder.encode(self)).map(Array.init) ?? []) + [Octet.lf]
    }

    /// Nil for what is no such line, or has numbers that were never written.
    init?(_ line: ArraySlice<UInt8>) {
        let counts = 0...(1 << 40)
        guard let read = try? JSONDecoder().decode(TallyLine.self, from: Data(line)),
            counts.contains(read.successful), counts.contains(read.failed),
            read.failures.allSatisfy({ counts.contains($0.sessions) })
        else { return nil }
        self = read
    }
}
