package import MailModel

/// When a recipient is tried again, and for how long.
///
/// The wait doubles with each attempt from a first wait up to a longest one. It is varied by up to a
/// fifth, then put on the next whole second: messages that failed together come back spread over many
/// seconds, those of one second together.
package struct RetryPolicy: Sendable {
    /// What stood in the way: our own disk, directory or quota clears sooner than another host.
    package enum Cause: Sendable { case local, remote }

    package var firstLocalDelay: Duration = .seconds(10)
    package var firstRemoteDelay: Duration = .seconds(300)
    package var maximumDelay: Duration = .seconds(3600)
    /// Share of the wait by which it may be longer or shorter, 0 to 1.
    package var jitter: Double = 0.2
    /// How long after its arrival a message is given up (RFC 5321 section 4.5.4.1: 4-5 days).
    package var expiry: Duration = .seconds(5 * 86_400)
    /// The same for a recipient whose mailbox is full.
    package var overQuotaGrace: Duration = .seconds(5 * 86_400)

    package init() {}

    /// - Parameters:
    ///   - attempts: those that failed before this one.
    ///   - variation: from -1 to 1; 0 is the middle.
    package func delay(after attempts: Int, _ cause: Cause, variation: Double) -> Duration {
        let first = cause == .local ? firstLocalDelay : firstRemoteDelay
        // 2^20 first delays are beyond any longest one; the bound keeps the product in range.
        let doubled = first * (1 << min(max(attempts, 0), 20))
        return min(doubled, maximumDelay) * (1 + jitter * min(max(variation, -1), 1))
    }

    /// The moment of the next attempt: never later than `deadline`, so that the last attempt and
    /// the report come on time.
    ///
    /// It is the next whole second: what a long queue has for that one is tried, and recorded, together.
    package func nextAttempt(
        now: Timestamp, after attempts: Int, _ cause: Cause, deadline: Timestamp, variation: Double
    ) -> Timestamp {
        let next = (now + delay(after: attempts, cause, variation: variation)).wholeSecond
        return deadline > now ? min(next, deadline) : next
    }
}

extension Timestamp {
    /// This moment, or the first one after it that is a whole second.
    fileprivate var wholeSecond: Timestamp {
        Timestamp(milliseconds: (milliseconds + 999) / 1000 * 1000)
    }
}
