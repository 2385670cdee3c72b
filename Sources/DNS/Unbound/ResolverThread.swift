internal import CUnbound
internal import Glibc

/// The POSIX thread of a question loop.
enum ResolverThread {
    private final class Start: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Nobody joins it: `QuestionGate.waitForEnd` tells when its work is over.
    static func detach(_ body: @escaping @Sendable () -> Void) throws(DNSConfigurationError) {
        let start = Unmanaged.passRetained(Start(body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                _ = martlet_name_resolver_thread("dns questions")
                start.body()
                return nil
            }, start.toOpaque())
        guard status == 0 else {
            start.release()
            throw DNSConfigurationError(
                subject: "", problem: "no thread: \(String(cString: strerror(status)))")
        }
        pthread_detach(thread)
    }
}
