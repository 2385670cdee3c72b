#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Gathers lines from any thread and writes those of a few milliseconds at once on a thread of its
/// own, so that nobody waits for a disk or a reader.
///
/// Holds at most `capacity` octets: what does not fit is dropped and counted, and the writer learns
/// how many lines it was. Lines of a process that is killed within those milliseconds are lost.
///
/// `@unchecked`: everything that changes is guarded by `mutex`.
final class GatheringWriter: @unchecked Sendable {
    /// - Parameters:
    ///   - batch: whole lines.
    ///   - dropped: lines that were lost before them.
    typealias Write = @Sendable (_ batch: [UInt8], _ dropped: Int) -> Void

    /// The longest wait of `flush`, in seconds.
    private static let flushLimit = 2

    private let capacity: Int
    private let gatheringNanoseconds: Int
    private let write: Write
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [UInt8] = []
    private var dropped = 0
    /// Octets that were ever put in, and those that have left.
    private var accepted = 0
    private var finished = 0
    private var isUrgent = false
    private var isIdle = false
    private var isClosed = false
    private var thread = pthread_t()

    /// - Parameters:
    ///   - gathering: how long lines are gathered.
    ///   - write: called on the writer's thread, never twice at once.
    init(capacity: Int, gathering: Duration, write: @escaping Write) {
        self.capacity = capacity
        self.write = write
        let (seconds, attoseconds) = gathering.components
        gatheringNanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
        let code = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<GatheringWriter>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        precondition(code == 0, "no thread for lines (error \(code))")
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(changed)
        mutex.deallocate()
        changed.deallocate()
    }

    /// - Parameter beginning: what stands before the line.
    func append(_ line: [UInt8], after beginning: [UInt8] = []) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        let count = beginning.count + line.count
        guard !isClosed, waiting.count + count <= capacity else {
            dropped += 1
            return
        }
        waiting.append(contentsOf: beginning)
        waiting.append(contentsOf: line)
        accepted += count
        if isIdle {
            isIdle = false
            pthread_cond_broadcast(changed)
        }
    }

    /// Returns once all that was appended before is written, or after two seconds.
    func flush() {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        let goal = accepted
        guard finished < goal else { return }
        isUrgent = true
        isIdle = false
        pthread_cond_broadcast(changed)
        var deadline = Self.monotonic(after: Self.flushLimit * 1_000_000_000)
        while finished < goal {
            if pthread_cond_timedwait(changed, mutex, &deadline) == ETIMEDOUT { return }
        }
    }

    /// Writes what is left and ends the thread. Blocks. To be called once.
    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
        pthread_join(thread, nil)
    }

    // MARK: The thread

    private func run() {
        while let (batch, dropped) = take() {
            write(batch, dropped)
            pthread_mutex_lock(mutex)
            finished += batch.count
            pthread_cond_broadcast(changed)
            pthread_mutex_unlock(mutex)
        }
    }

    /// Waits for a line, and for those that follow it shortly. Nil at the end.
    private func take() -> (batch: [UInt8], dropped: Int)? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while waiting.isEmpty, !isClosed {
            isIdle = true
            pthread_cond_wait(changed, mutex)
        }
        isIdle = false
        guard !waiting.isEmpty else { return nil }
        var deadline = Self.monotonic(after: gatheringNanoseconds)
        while !isUrgent, !isClosed,
            pthread_cond_timedwait(changed, mutex, &deadline) != ETIMEDOUT
        {}
        isUrgent = false
        defer { dropped = 0 }
        var batch: [UInt8] = []
        swap(&batch, &waiting)
        return (batch, dropped)
    }

    /// By its words: which module declares timespec's members depends on what else is imported, and
    /// on how the library is linked. Both are longs.
    private static func monotonic(after nanoseconds: Int) -> timespec {
        withUnsafeTemporaryAllocation(of: timespec.self, capacity: 1) { time in
            clock_gettime(CLOCK_MONOTONIC, time.baseAddress!)
            let words = UnsafeMutableRawPointer(time.baseAddress!)
            let second = MemoryLayout<Int>.size
            let sum = words.load(fromByteOffset: second, as: Int.self) + nanoseconds
            let seconds = words.load(as: Int.self) + sum / 1_000_000_000
            words.storeBytes(of: seconds, as: Int.self)
            words.storeBytes(of: sum % 1_000_000_000, toByteOffset: second, as: Int.self)
            return time[0]
        }
    }
}
