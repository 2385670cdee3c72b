import MailModel
import Testing

@testable import TLSPolicy

/// Lines of our own files as a damaged disk may hold them.
@Suite struct DamagedLineTests {
    @Test(arguments: [
        (1_700_000_000_000, 86_400, true), (Int64.max, 86_400, false), (-1, 86_400, false),
        (1_700_000_000_000, Int64.max, false), (1_700_000_000_000, -1, false),
    ])
    func policies(fetched: Int64, maxAge: Int64, isGood: Bool) {
        let policy = MTASTSPolicy(mode: .enforce, patterns: ["*.a.test"], maxAge: maxAge)
        let written = CachedPolicy(
            domain: "a.test", id: "x", fetched: Timestamp(milliseconds: fetched), policy: policy)
        let read = CachedPolicy(line: written.line().dropLast())
        #expect((read != nil) == isGood)
        #expect(read.map { $0.expiry > Timestamp(milliseconds: fetched) } != false)
    }

    @Test(arguments: [(5, true), (Int.max, false), (-5, false)])
    func counts(sessions: Int, isGood: Bool) {
        var tally = TLSTally()
        tally.successful = sessions
        tally.count(TLSFailure(.startTLSNotSupported), sessions: sessions)
        let bytes = TallyLine(.none(domain: "a.test"), tally).bytes()
        let read = TallyLine(bytes.dropLast())
        #expect((read != nil) == isGood)
        guard var sum = read?.tally else { return }
        sum.add(tally)
        #expect(sum.successful == 2 * sessions)
    }
}
