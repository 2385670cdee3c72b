import MailModel
import Testing

@testable import Spool

@Suite struct RetryPolicyTests {
    @Test(arguments: [
        (0, RetryPolicy.Cause.local, 0.0, 10.0), (1, .local, 0, 20), (5, .local, 0, 320),
        (9, .local, 0, 3600), (0, .remote, 0, 300), (2, .remote, 0, 1200), (4, .remote, 0, 3600),
        (1000, .remote, 0, 3600), (-1, .local, 0, 10), (0, .remote, 1, 360), (0, .remote, -1, 240),
        (0, .remote, 7, 360),
    ])
    func doublesUpToTheLongest(
        attempts: Int, cause: RetryPolicy.Cause, variation: Double, seconds: Double
    ) {
        let delay = RetryPolicy().delay(after: attempts, cause, variation: variation)
        #expect(abs(delay / .seconds(1) - seconds) < 0.001)
    }

    @Test(arguments: [(0, 300), (1, 301), (999, 301), (1000, 301)] as [(Int64, Int64)])
    func attemptsAreOnWholeSeconds(_ milliseconds: Int64, _ seconds: Int64) {
        let now = Timestamp(milliseconds: milliseconds)
        let next = RetryPolicy().nextAttempt(
            now: now, after: 0, .remote, deadline: now + .seconds(1000), variation: 0)
        #expect(next.milliseconds == seconds * 1000)
    }

    @Test func theLastAttemptIsAtTheDeadline() {
        let policy = RetryPolicy()
        let now = Timestamp(milliseconds: 1_000_000)
        let deadline = now + .seconds(100)
        func next(_ deadline: Timestamp) -> Timestamp {
            policy.nextAttempt(now: now, after: 0, .remote, deadline: deadline, variation: 0)
        }
        #expect(next(deadline) == deadline)
        #expect(next(now + .seconds(1000)) == now + .seconds(300))
        #expect(next(now) == now + .seconds(300), "a deadline in the past does not count")
    }
}
