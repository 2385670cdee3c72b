internal import CLDAP
internal import Glibc

/// A POSIX thread of our own for calls that block, joined when it is no longer needed.
final class DedicatedThread: Sendable {
    private let thread: pthread_t

    /// Starts the thread; The kernel keeps 15 bytes of `name`. Ends when `body` returns.
    init(name: String, _ body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                _ = martlet_name_thread(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        precondition(status == 0, "no thread for \(name): \(String(cString: strerror(status)))")
        self.thread = thread
    }

    /// Waits for the thread's end. Call it once, and not from the thread itself.
    func join() {
        pthread_join(thread, nil)
    }

    /// A thread that nobody joins.
    static func detach(name: String, _ body: @escaping @Sendable () -> Void) {
        pthread_detach(DedicatedThread(name: name, body).thread)
    }

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
