import NIOCore

/// Runs the tasks that prefer it on one event loop's thread, so that a session never hops threads
/// between reading and writing.
///
/// Jobs enqueued on the loop (a read that is satisfied, say) wait in an array and are run
/// together at the end of the loop's current tick: no allocation and no wake-up for each.
///
/// The loop looks at its sockets only when no task is left, so jobs that always enqueue further jobs
/// would keep it from them: after a turn of `longestTurn` the next ones wait until it has looked.
/// All properties but `eventLoop` are touched only on the loop.
final class EventLoopExecutor: TaskExecutor, @unchecked Sendable {
    /// How long jobs may follow each other while sockets wait.
    static let longestTurn = TimeAmount.milliseconds(5)
    /// Long enough for the loop not to find the task due before it has looked at its sockets.
    private static let rest = TimeAmount.microseconds(100)

    private let eventLoop: any EventLoop
    private var ready = ContiguousArray<UnownedJob>()
    private var running = ContiguousArray<UnownedJob>()
    private var isScheduled = false
    private var isRunning = false
    /// What is ready was enqueued by jobs of the turn.
    private var isTurnContinued = false
    private var turnStart = NIODeadline.uptimeNanoseconds(0)

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Whether jobs have followed each other for so long that one with more to do should yield.
    var isTurnOver: Bool { NIODeadline.now() - turnStart > Self.longestTurn }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard eventLoop.inEventLoop else {
            eventLoop.execute {
                self.turnStart = .now()
                job.runSynchronously(on: self.asUnownedTaskExecutor())
            }
            return
        }
        ready.append(job)
        guard !isScheduled else { return }
        isScheduled = true
        isTurnContinued = isRunning
        if isRunning && isTurnOver {
            isTurnContinued = false
            eventLoop.scheduleTask(in: Self.rest, drain)
        } else {
            eventLoop.execute(drain)
        }
    }

    /// Runs what is ready. Jobs enqueued meanwhile wait for the next round, so that none starves
    /// the loop's other tasks.
    @Sendable private func drain() {
        isScheduled = false
        if !isTurnContinued { turnStart = .now() }
        isTurnContinued = false
        isRunning = true
        swap(&ready, &running)
        let executor = asUnownedTaskExecutor()
        for job in running {
            job.runSynchronously(on: executor)
        }
        running.removeAll(keepingCapacity: true)
        isRunning = false
    }
}
