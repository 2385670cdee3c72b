internal import CLDAP
internal import Glibc

/// Wakes a thread that waits for work, through an eventfd, so that the same `poll` can watch a
/// socket too. A signal sent while nobody waits is kept.
final class WakeUp: Sendable {
    let descriptor: Int32

    init() {
        descriptor = martlet_eventfd()
        precondition(descriptor >= 0, "no eventfd: \(String(cString: strerror(errno)))")
    }

    deinit { close(descriptor) }

    func signal() {
        _ = martlet_eventfd_signal(descriptor)
    }

    /// Forgets the signals so far.
    func clear() {
        _ = martlet_eventfd_take(descriptor)
    }

    /// Waits for a signal, at most until `deadline`, and forgets it.
    func wait(until deadline: ContinuousClock.Instant?) {
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&watched, 1, Self.milliseconds(until: deadline))
        clear()
    }

    /// For `poll`: rounded up, so that the deadline has passed when it returns; -1 for none.
    static func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let (seconds, attoseconds) = (deadline - .now).components
        if seconds < 0 || attoseconds < 0 { return 0 }
        return Int32(min(seconds, 3600) * 1000) + Int32(attoseconds / 1_000_000_000_000_000) + 1
    }
}
