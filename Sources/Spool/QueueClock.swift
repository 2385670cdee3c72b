package import MailModel

/// The time of day and a way to wait for it, so that a schedule of days is tested in no time.
package protocol QueueClock: Sendable {
    var now: Timestamp { get }
    /// Returns at `moment`, or at once when the task is cancelled.
    func sleep(until moment: Timestamp) async
}

/// The machine's own clock.
package struct SystemQueueClock: QueueClock {
    package init() {}

    package var now: Timestamp { .now }

    package func sleep(until moment: Timestamp) async {
        let remaining = moment.since(now)
        guard remaining > .zero else { return }
        // Cancellation is the caller's to notice; the wait is over in either case.
        try? await Task.sleep(for: remaining)
    }
}

extension Timestamp {
    /// The time from `earlier` to here; negative when `earlier` is the later one.
    package func since(_ earlier: Timestamp) -> Duration {
        .milliseconds(milliseconds - earlier.milliseconds)
    }
}
