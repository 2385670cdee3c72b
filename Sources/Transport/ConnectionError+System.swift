import Glibc
import NIOCore

extension ConnectionError {
    /// What NIO says of a socket.
    init(_ error: any Error) {
        switch error {
        case let error as ConnectionError: self = error
        case let error as IOError: self.init(code: error.errnoCode)
        case ChannelError.connectTimeout: self = .timedOut
        default: self = .io(String(describing: error))
        }
    }

    private init(code: CInt) {
        switch code {
        case ECONNREFUSED: self = .refused
        case ETIMEDOUT: self = .timedOut
        case ECONNRESET, EPIPE: self = .reset
        // A firewall may say "not permitted"; a Unix socket's path may not be there.
        case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, EACCES, EPERM, ENOENT:
            self = .unreachable(String(cString: strerror(code)))
        default: self = .io(String(cString: strerror(code)))
        }
    }
}
