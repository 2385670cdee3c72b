#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

internal import Logging
internal import Synchronization

/// Writes log lines to a file descriptor, gathered so that no session waits for the reader of the log.
///
/// The journal gets each line with its priority instead of the time (sd-daemon(3)): it keeps its own.
/// Where lines had to be dropped, the log says how many.
final class LogOutput: Sendable {
    static let standardError: LogOutput = {
        let output = LogOutput(
            STDERR_FILENO,
            isJournal: JournalStream.isOpen(
                on: STDERR_FILENO, getenv("JOURNAL_STREAM").map { String(cString: $0) }))
        atexit { LogOutput.standardError.flush() }
        return output
    }()

    /// What stands before each line.
    private final class Beginning: Sendable {
        private let isJournal: Bool
        private let stamp = Mutex(LogStamp())

        init(isJournal: Bool) { self.isJournal = isJournal }

        func bytes(for level: Logger.Level) -> [UInt8] {
            isJournal
                ? JournalStream.prefix(of: level) : stamp.withLock { $0.bytes(at: time(nil)) }
        }
    }

    private let beginning: Beginning
    private let writer: GatheringWriter

    /// - Parameter descriptor: stays open as long as the process: so does the writer's thread.
    init(_ descriptor: Int32, isJournal: Bool = false, capacity: Int = 4 << 20) {
        let beginning = Beginning(isJournal: isJournal)
        self.beginning = beginning
        writer = GatheringWriter(capacity: capacity, gathering: .milliseconds(10)) {
            batch, dropped in
            Self.write(batch, to: descriptor)
            guard dropped > 0 else { return }
            let note = Array("warning log lines were dropped count=\(dropped)\n".utf8)
            Self.write(beginning.bytes(for: .warning) + note, to: descriptor)
        }
    }

    /// - Parameter line: without its time, with its line end.
    func append(_ line: [UInt8], at level: Logger.Level = .info) {
        writer.append(line, after: beginning.bytes(for: level))
    }

    /// Returns once all that was appended before is written, or after two seconds.
    func flush() { writer.flush() }

    /// A log that can't be written has nobody to tell.
    private static func write(_ batch: [UInt8], to descriptor: Int32) {
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
}
