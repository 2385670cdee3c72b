/// A few threads for reads and writes that may wait for the disk, so that no session's thread does.
/// The queue is bounded by the callers: each waits for its own work.
final class IOThreads: Sendable {
    private let work = WorkQueue<@Sendable () -> Void>()
    private let threads: [StorageThread]

    /// - Parameter name: of the threads, for debuggers; at most 13 octets.
    init(_ name: String = "storage-io", count: Int) throws(FileSystemError) {
        var threads: [StorageThread] = []
        let work = work
        for number in 1...count {
            threads.append(
                try StorageThread(name: "\(name)-\(number)") {
                    while let job = work.take() { job() }
                })
        }
        self.threads = threads
    }

    deinit { work.close() }

    /// Runs `body` on one of the threads; nil when they have been shut down.
    func run<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T? {
        await withCheckedContinuation { continuation in
            if !work.push({ continuation.resume(returning: body()) }) {
                continuation.resume(returning: nil)
            }
        }
    }

    /// Runs `body` sometime soon. False when the threads have been shut down.
    @discardableResult
    func start(_ body: @escaping @Sendable () -> Void) -> Bool { work.push(body) }

    /// Lets the threads finish what waits, and ends them. Blocks.
    func shutDown() {
        work.close()
        for thread in threads { thread.join() }
    }
}
