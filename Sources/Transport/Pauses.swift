import NIOCore

/// The pauses of one loop's connections. They end together: whatever wakes the loop for a connection
/// ends those that are over, and a timer, late by up to `slack`, ends them when nothing does. A
/// busy loop then is not woken for each.
///
/// Touched only on the loop.
final class Pauses: @unchecked Sendable {
    private static let slack = TimeAmount.milliseconds(2)

    private struct Pause {
        let end: NIODeadline
        let continuation: UnsafeContinuation<Void, Never>
    }

    private let eventLoop: any EventLoop
    private var pauses: [Pause] = []
    /// The earliest end; `.distantFuture` when there is none.
    private var earliest = NIODeadline.distantFuture
    private var timer = NIODeadline.distantFuture

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func add(_ continuation: UnsafeContinuation<Void, Never>, until end: NIODeadline) {
        pauses.append(Pause(end: end, continuation: continuation))
        earliest = min(earliest, end)
        schedule()
    }

    /// Ends those that are over.
    func check() {
        guard !pauses.isEmpty else { return }
        let now = NIODeadline.now()
        guard earliest <= now else { return }
        earliest = .distantFuture
        pauses.removeAll { pause in
            guard pause.end > now else {
                pause.continuation.resume()
                return true
            }
            earliest = min(earliest, pause.end)
            return false
        }
    }

    private func schedule() {
        guard earliest + Self.slack < timer else { return }
        let due = earliest + Self.slack
        timer = due
        eventLoop.scheduleTask(deadline: due) {
            if self.timer == due {
                self.timer = .distantFuture
            }
            self.check()
            if !self.pauses.isEmpty {
                self.schedule()
            }
        }
    }
}
