#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

internal import Logging

/// The journal's own streams, in which each line may begin with its priority (sd-daemon(3)).
enum JournalStream {
    /// Whether the descriptor is the stream that the service manager has named; it may have been
    /// redirected since.
    /// - Parameter name: device and inode, from `JOURNAL_STREAM`.
    static func isOpen(on descriptor: Int32, _ name: String?) -> Bool {
        let numbers = (name ?? "").split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var status = stat()
        guard numbers.count == 2, fstat(descriptor, &status) == 0 else { return false }
        return UInt64(numbers[0]) == UInt64(status.st_dev) && UInt64(numbers[1]) == UInt64(status.st_ino)
    }

    static func prefix(of level: Logger.Level) -> [UInt8] {
        let priority =
            switch level {
            case .trace, .debug: LOG_DEBUG
            case .info: LOG_INFO
            case .notice: LOG_NOTICE
            case .warning: LOG_WARNING
            case .error: LOG_ERR
            case .critical: LOG_CRIT
            }
        return [UInt8(ascii: "<"), UInt8(ascii: "0") + UInt8(priority), UInt8(ascii: ">")]
    }
}
