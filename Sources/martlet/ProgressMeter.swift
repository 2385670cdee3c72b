internal import Synchronization

/// One line on the terminal that says how far a long work is; nothing where nobody watches.
final class ProgressMeter: Sendable {
    private let isShown = Mutex(false)

    func show(_ phase: String, _ done: Int, of total: Int?) {
        guard isWatched else { return }
        isShown.withLock { $0 = true }
        writeError("\r\u{1B}[K\(printable(phase)): \(done)" + (total.map { " of \($0)" } ?? ""))
    }

    func clear() {
        guard isShown.withLock({ $0 }) else { return }
        writeError("\r\u{1B}[K")
    }
}
