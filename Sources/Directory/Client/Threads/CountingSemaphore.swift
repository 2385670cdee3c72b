internal import CLDAP
internal import Glibc

/// Lets as many waiting threads through as there were signals, whichever came first.
final class CountingSemaphore: Sendable {
    private let descriptor: Int32

    init() {
        descriptor = martlet_eventfd_semaphore()
        precondition(descriptor >= 0, "no eventfd: \(String(cString: strerror(errno)))")
    }

    deinit { close(descriptor) }

    func signal() {
        _ = martlet_eventfd_signal(descriptor)
    }

    func wait() {
        while martlet_eventfd_take(descriptor) != 0 && errno == EINTR {}
    }
}
