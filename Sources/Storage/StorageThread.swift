import CChecksum
import Glibc

/// A thread of the engine's own, for work that blocks on the disk.
///
/// `@unchecked`: `handle` is written once, before the object is shared.
final class StorageThread: @unchecked Sendable {
    private final class Start {
        let name: String
        let body: @Sendable () -> Void
        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    private var handle = pthread_t()

    /// Starts the thread. It keeps `body` and what that refers to until it returns.
    init(name: String, _ body: @escaping @Sendable () -> Void) throws(FileSystemError) {
        let start = Unmanaged.passRetained(Start(name, body))
        let code = pthread_create(
            &handle, nil,
            { argument in
                let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                martlet_name_thread(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        guard code == 0 else {
            start.release()
            throw FileSystemError(call: "pthread_create", path: name, code: code)
        }
    }

    /// Blocks until the thread has ended. Call it once.
    func join() { pthread_join(handle, nil) }
}
