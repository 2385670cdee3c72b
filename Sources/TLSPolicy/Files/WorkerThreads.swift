internal import Glibc
internal import MailModel
internal import Synchronization

/// Threads for work that blocks. They begin with work and end when there is none left.
final class WorkerThreads: Sendable {
    private struct Job: Sendable { let body: @Sendable () -> Void }

    private struct State {
        var waiting = FIFO<Job>()
        var threads = 0
    }

    private let state = Mutex(State())
    private let limit: Int
    private let waitingLimit: Int

    /// - Parameters:
    ///   - limit: of threads; with one, work is done in the order in which it came.
    ///   - waitingLimit: of work that waits for a thread.
    init(limit: Int, waitingLimit: Int) {
        self.limit = limit
        self.waitingLimit = waitingLimit
    }

    /// The result of `body`, run on one of the threads; nil when too much waits already.
    func run<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T? {
        await withCheckedContinuation { continuation in
            if !start({ continuation.resume(returning: body()) }) { continuation.resume(returning: nil) }
        }
    }

    /// Runs `body` soon. False when too much waits already.
    func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let job = Job(body: body)
        let (isTaken, startsThread) = state.withLock { state in
            guard state.waiting.count < waitingLimit else { return (false, false) }
            state.waiting.append(job)
            guard state.threads < limit else { return (true, false) }
            state.threads += 1
            return (true, true)
        }
        if startsThread { startThread() }
        return isTaken
    }

    private func startThread() {
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<WorkerThreads>.fromOpaque(argument!).takeRetainedValue().work()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        precondition(code == 0, "no thread for TLS policies: \(String(cString: strerror(code)))")
        pthread_detach(thread)
    }

    private func work() {
        while let job = take() { job.body() }
    }

    /// Nil ends the thread.
    private func take() -> Job? {
        state.withLock { state in
            if let job = state.waiting.popFirst() { return job }
            state.threads -= 1
            return nil
        }
    }
}
