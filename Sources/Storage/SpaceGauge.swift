import Glibc
import MailModel
import Synchronization

/// Tells whether there is room for a message. The disk is asked at most once a second, or when
/// `refreshBytes` have been written since.
final class SpaceGauge: Sendable {
    private static let refreshBytes: Int64 = 16 << 20

    private struct Reading {
        var free: Int64 = 0
        var takenAt = Int.min
    }

    private let fileSystem: any FileSystem
    private let directory: String
    private let minimum: Int64
    private let reading = Mutex(Reading())
    private let written = Atomic<Int64>(0)

    init(_ fileSystem: any FileSystem, directory: String, minimum: Int64) {
        self.fileSystem = fileSystem
        self.directory = directory
        self.minimum = minimum
    }

    /// To be told of octets written, so that a quick writer is noticed within the second.
    func wrote(_ bytes: Int) { written.add(Int64(bytes), ordering: .relaxed) }

    /// 452 4.3.1 when `size` octets more would leave less than the minimum.
    func require(_ size: Int) throws(MailError) {
        let free: Int64
        do {
            free = try freeBytes()
        } catch {
            throw .localProblem(error.description)
        }
        let left = free - written.load(ordering: .relaxed) - Int64(size)
        guard left >= minimum else {
            throw .storageFull("\(free) octets free in \(directory), \(minimum) are to stay free")
        }
    }

    private func freeBytes() throws(FileSystemError) -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        let now = time.tv_sec
        let stale = written.load(ordering: .relaxed) > Self.refreshBytes
        if !stale, let known = reading.withLock({ $0.takenAt == now ? $0.free : nil }) {
            return known
        }
        written.store(0, ordering: .relaxed)
        let free = try fileSystem.freeBytes(at: directory)
        reading.withLock { $0 = Reading(free: free, takenAt: now) }
        return free
    }
}
