#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A few threads that run what searching and indexing compute, so that neither the sessions' threads
/// nor delivery wait for it.
///
/// `@unchecked`: all state is guarded by `mutex`.
final class SearchThreads: TaskExecutor, @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [UnownedJob] = []
    /// Taken from `jobs` already.
    private var next = 0
    private let maximumThreads: Int
    private var threads = 0
    private var idle = 0

    /// Threads begin with the first work and stay.
    init(count: Int) {
        maximumThreads = count
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(arrived, nil)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pthread_mutex_lock(mutex)
        jobs.append(job)
        let startsThread = idle == 0 && threads < maximumThreads
        if startsThread { threads += 1 } else { pthread_cond_signal(arrived) }
        pthread_mutex_unlock(mutex)
        if startsThread { startThread() }
    }

    private func startThread() {
        var thread = pthread_t()
        // Threads of the process's one index: the object is never freed once it has been used.
        let status = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<SearchThreads>.fromOpaque(argument!).takeRetainedValue().run()
            }, Unmanaged.passRetained(self).toOpaque())
        precondition(status == 0, "no thread for searching: \(status)")
        pthread_detach(thread)
    }

    private func run() -> Never {
        let executor = asUnownedTaskExecutor()
        while true { take().runSynchronously(on: executor) }
    }

    private func take() -> UnownedJob {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        idle += 1
        while next == jobs.count { pthread_cond_wait(arrived, mutex) }
        idle -= 1
        let job = jobs[next]
        next += 1
        if next == jobs.count {
            jobs.removeAll(keepingCapacity: true)
            next = 0
        }
        return job
    }
}
