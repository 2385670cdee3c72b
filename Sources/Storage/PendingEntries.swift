import Logging
import MailModel
import NIOCore
import Synchronization

/// The queue manager's work: first what was in the queue at the start, page by page, then what is
/// accepted and not settled at once. One consumer. When it falls behind, whole entries are kept up
/// to a limit and only ids beyond it; those are read again.
final class PendingEntries: Sendable {
    private static let page = 256
    private static let maximumEntries = 1024

    private enum Item {
        case entry(QueueEntry)
        case id(QueueID)
    }

    private struct State {
        /// Entries of the start: those after this id and before `boundary` are still to come.
        var after: QueueID?
        var backlogRead = false
        var page: CircularBuffer<QueueEntry> = []
        var live: CircularBuffer<Item> = []
        var waiting: CheckedContinuation<Void, Never>?
        var closed = false
    }

    private enum Step {
        case deliver(QueueEntry)
        case look(QueueID)
        case readPage(after: QueueID?)
        case wait
        case end
    }

    private let queue: QueueReader
    /// Ids from this one on are announced.
    private let boundary: QueueID
    private let logger: Logger
    private let state = Mutex(State())

    init(_ queue: QueueReader, boundary: QueueID, logger: Logger) {
        self.queue = queue
        self.boundary = boundary
        self.logger = logger
    }

    var stream: AsyncStream<QueueEntry> {
        AsyncStream(unfolding: { await self.next() }, onCancel: { self.wake() })
    }

    func announce(_ entries: [QueueEntry]) {
        guard !entries.isEmpty else { return }
        let waiting = state.withLock { state in
            for entry in entries {
                let keep = state.live.count < Self.maximumEntries
                state.live.append(keep ? .entry(entry) : .id(entry.id))
            }
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    func close() {
        state.withLock { $0.closed = true }
        wake()
    }

    private func wake() {
        let waiting = state.withLock { state in
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    private func next() async -> QueueEntry? {
        while !Task.isCancelled {
            switch state.withLock({ Self.step(&$0) }) {
            case .deliver(let entry): return entry
            case .look(let id):
                do {
                    if let entry = try await queue.entry(id) { return entry }
                } catch {
                    state.withLock { $0.live.prepend(.id(id)) }
                    guard await pause(error) else { return nil }
                }
            case .readPage(let after):
                do {
                    accept(page: try await queue.entries(after: after, limit: Self.page))
                } catch {
                    guard await pause(error) else { return nil }
                }
            case .wait: await sleep()
            case .end: return nil
            }
        }
        return nil
    }

    private static func step(_ state: inout State) -> Step {
        if state.closed { return .end }
        if let entry = state.page.popFirst() { return .deliver(entry) }
        if !state.backlogRead { return .readPage(after: state.after) }
        switch state.live.popFirst() {
        case .entry(let entry): return .deliver(entry)
        case .id(let id): return .look(id)
        case nil:
            // What was a long queue gives its memory back.
            if state.live.capacity > maximumEntries { state.live = [] }
            return .wait
        }
    }

    private func accept(page: [QueueEntry]) {
        let entries = page.prefix { $0.id < boundary }
        state.withLock { state in
            state.page.append(contentsOf: entries)
            state.after = entries.last?.id ?? state.after
            state.backlogRead = entries.count < Self.page
        }
    }

    private func sleep() async {
        await withCheckedContinuation { continuation in
            let hasWork = state.withLock { state in
                if state.closed || !state.live.isEmpty || Task.isCancelled { return true }
                state.waiting = continuation
                return false
            }
            if hasWork { continuation.resume() }
        }
    }

    /// The index can't be read just now; false when cancelled.
    private func pause(_ error: MailError) async -> Bool {
        logger.error("queue: the index can't be read", metadata: ["error": "\(error)"])
        do {
            try await Task.sleep(for: .seconds(1))
            return true
        } catch { return false }
    }
}
