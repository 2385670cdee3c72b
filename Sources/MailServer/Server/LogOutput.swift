#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

internal import Logging

/// Writes log lines to a file descriptor on a thread of its own, so that no session waits for the
/// reader of the log; the lines of a few milliseconds are one write.
///
/// The journal gets each line with its priority instead of the time (sd-daemon(3)): it keeps its own.
///
/// Holds at most `capacity` octets: what does not fit is dropped and counted, and the log says how
/// much it was. Lines of a process that is killed within those milliseconds are lost.
///
/// `@unchecked`: everything that changes is guarded by `mutex`.
final class LogOutput: @unchecked Sendable {
    static let standardError: LogOutput = {
        let output = LogOutput(
            STDERR_FILENO,
            isJournal: JournalStream.isOpen(
                on: STDERR_FILENO, getenv("JOURNAL_STREAM").map { String(cString: $0) }))
        atexit { LogOutput.standardError.flush() }
        return output
    }()

    /// How long lines are gathered.
    private static let gatheringNanoseconds = 10_000_000
    /// The longest wait of `flush`, in seconds.
    private static let flushLimit = 2

    private let descriptor: Int32
    private let isJournal: Bool
    private let capacity: Int
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var stamp = LogStamp()
    private var waiting: [UInt8] = []
    private var dropped = 0
    /// Octets that were ever put in, and those that have left.
    private var accepted = 0
    private var finished = 0
    private var isUrgent = false
    private var isIdle = false

    /// - Parameter descriptor: stays open as long as the process: so do the object and its thread.
    init(_ descriptor: Int32, isJournal: Bool = false, capacity: Int = 4 << 20) {
        self.descriptor = descriptor
        self.isJournal = isJournal
        self.capacity = capacity
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<LogOutput>.fromOpaque(argument!).takeUnretainedValue().run()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        precondition(code == 0, "no thread for the log (error \(code))")
        pthread_detach(thread)
    }

    /// - Parameter line: without its time, with its line end.
    func append(_ line: [UInt8], at level: Logger.Level = .info) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        let beginning = beginning(of: level)
        guard waiting.count + beginning.count + line.count <= capacity else {
            dropped += 1
            return
        }
        put(beginning, line)
        if isIdle {
            isIdle = false
            pthread_cond_broadcast(changed)
        }
    }

    private func beginning(of level: Logger.Level) -> [UInt8] {
        isJournal ? JournalStream.prefix(of: level) : stamp.bytes(at: time(nil))
    }

    private func put(_ beginning: [UInt8], _ line: [UInt8]) {
        waiting.append(contentsOf: beginning)
        waiting.append(contentsOf: line)
        accepted += beginning.count + line.count
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

    // MARK: The thread

    private func run() {
        while true {
            let batch = take()
            write(batch)
            pthread_mutex_lock(mutex)
            finished += batch.count
            pthread_cond_broadcast(changed)
            pthread_mutex_unlock(mutex)
        }
    }

    /// Waits for a line, and for those that follow it shortly.
    private func take() -> [UInt8] {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while waiting.isEmpty {
            isIdle = true
            pthread_cond_wait(changed, mutex)
        }
        isIdle = false
        var deadline = Self.monotonic(after: Self.gatheringNanoseconds)
        while !isUrgent, pthread_cond_timedwait(changed, mutex, &deadline) != ETIMEDOUT {}
        isUrgent = false
        if dropped > 0 {
            put(
                beginning(of: .warning),
                Array("warning log lines were dropped count=\(dropped)\n".utf8))
            dropped = 0
        }
        var batch: [UInt8] = []
        swap(&batch, &waiting)
        return batch
    }

    /// A log that can't be written has nobody to tell.
    private func write(_ batch: [UInt8]) {
        batch.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if count < 0, errno == EAGAIN {
                    var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&ready, 1, 1000)
                } else if count < 0, errno != EINTR {
                    return
                }
            }
        }
    }

    private static func monotonic(after nanoseconds: Int) -> timespec {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let sum = Int(time.tv_nsec) + nanoseconds
        time.tv_sec += sum / 1_000_000_000
        time.tv_nsec = sum % 1_000_000_000
        return time
    }
}
