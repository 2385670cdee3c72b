internal import CLinux
internal import Glibc
internal import ServiceLifecycle
internal import Storage

/// Gives the system back what a busy time has left in memory: free parts of the heap, the index's page
/// cache, code that is not in use any more, that of starting above all.
///
/// Looks at the process's CPU time every second, and acts once after each busy time, when it is
/// over: what is given back then costs nobody a wait.
struct MemoryUpkeep: Service {
    private static let interval = Duration.seconds(1)
    /// CPU time within an interval; a busy time has more.
    private static let quiet = Duration.milliseconds(20)
    /// CPU time since the last upkeep that makes the next one worth while.
    private static let work = Duration.seconds(1)

    let storage: StorageEngine

    func run() async {
        await cancelWhenGracefulShutdown { await keep() }
    }

    private func keep() async {
        var last = Self.usedTime
        // Starting counts as work.
        var atUpkeep: Duration?
        while true {
            do { try await Task.sleep(for: Self.interval) } catch { return }
            let used = Self.usedTime
            defer { last = used }
            guard used - last < Self.quiet else { continue }
            if let atUpkeep, used - atUpkeep < Self.work { continue }
            await storage.releaseMemory()
            martlet_drop_code()
            martlet_trim_heap()
            atUpkeep = Self.usedTime
        }
    }

    /// User and system time of all threads.
    private static var usedTime: Duration { .microseconds(clock()) }
}
