import NIOCore

/// Runs the tasks that prefer it on one event loop's thread, so that a session never hops threads
/// between reading and writing.
///
/// Jobs enqueued on the loop (a read that is satisfied, say) wait in an array and are run
/// together at the end of the loop's current tick: no allocation and no wake-up for each.
/// `ready`, `running` and `isScheduled` are touched only on the loop.
final class EventLoopExecutor: TaskExecutor, @unchecked Sendable {
    private let eventLoop: any EventLoop
    private var ready = ContiguousArray<UnownedJob>()
    private var running = ContiguousArray<UnownedJob>()
    private var isScheduled = false

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard eventLoop.inEventLoop else {
            eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
            return
        }
        ready.append(job)
        if !isScheduled {
            isScheduled = true
            eventLoop.execute(drain)
        }
    }

    /// Runs what is ready. Jobs enqueued meanwhile wait for the next round, so that none starves
    /// the loop's other tasks.
    @Sendable private func drain() {
        isScheduled = false
        swap(&ready, &running)
        let executor = asUnownedTaskExecutor()
        for job in running {
            job.runSynchronously(on: executor)
        }
        running.removeAll(keepingCapacity: true)
    }
}
