import Glibc
import Synchronization
import TestSupport

/// What lives as long as the process of the tests, and is to leave nothing behind.
enum AtExit {
    private static let servers = Mutex<[RunningMartlet]>([])
    private static let registration: Void = {
        atexit {
            for server in AtExit.servers.withLock({ $0 }) { server.end() }
            if case .success(let certificates) = Certificates.shared {
                TemporaryDirectory.remove(certificates.files.path)
            }
        }
    }()

    static func end(_ server: RunningMartlet) {
        _ = registration
        servers.withLock { $0.append(server) }
    }
}
