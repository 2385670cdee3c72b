internal import CLinux
internal import Glibc
internal import ServiceLifecycle
internal import Storage

/// Gives the system back what a busy time has left in memory: free parts of the heap, the index's page
/// cache, code that is not in use any more.
///
/// Looks at the process's CPU time every second, and acts once after each busy time, when it is
/// over: what is given back then costs nobody a wait.
struct MemoryUpkeep: Service {
    private static let interval = Duration.seconds(1)
    /// CPU time within an interval; a busy time has more.
    private static let quiet = Duration.milliseconds(20)
    /// CPU time since the last upkeep, or since the process began, that makes the next one worth while: a
    /// start needs a tenth of a second, and one with a long queue more than this.
    private static let work = Duration.milliseconds(500)

    let storage: StorageEngine

    func run() async {
        await cancelWhenGracefulShutdown { await keep() }
    }

    private func keep() async {
        var last = Self.usedTime
        var atUpkeep = Duration.zero
        while true {
            do { try await Task.sleep(for: Self.interval) } catch { return }
            let used = Self.usedTime
            defer { last = used }
            guard used - last < Self.quiet, used - atUpkeep >= Self.work else { continue }
            await giveBack()
            atUpkeep = Self.usedTime
        }
    }

    func giveBack() async {
        await storage.releaseMemory()
        martlet_drop_code()
        martlet_trim_heap()
    }

    /// User and system time of all threads.
    private static var usedTime: Duration { .microseconds(clock()) }
}
