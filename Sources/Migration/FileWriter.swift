internal import Glibc
internal import MailModel

/// A file that is written anew.
final class FileWriter {
    /// UTIME_OMIT, which Swift does not see.
    private static let omitted = (1 << 30) - 2

    private let path: String
    private let descriptor: Int32

    init(_ path: String) throws(MigrationError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .system(path) }
    }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8]) throws(MigrationError) {
        var failure: MigrationError?
        bytes.withUnsafeBytes { bytes in
            do throws(MigrationError) { try write(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(MigrationError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = Glibc.write(descriptor, part.baseAddress, part.count)
            guard count > 0 else { throw .system(path) }
            rest = rest.dropFirst(count)
        }
    }

    /// Makes it durable, with `date` as its time.
    func finish(date: Timestamp?) throws(MigrationError) {
        if let date {
            var times = [
                timespec(tv_sec: 0, tv_nsec: Self.omitted),
                timespec(
                    tv_sec: Int(date.milliseconds / 1000),
                    tv_nsec: Int(date.milliseconds % 1000) * 1_000_000),
            ]
            guard futimens(descriptor, &times) == 0 else { throw .system(path) }
        }
        guard fsync(descriptor) == 0 else { throw .system(path) }
    }
}

extension Files {
    static func touch(_ path: String) throws(MigrationError) {
        try FileWriter(path).finish(date: nil)
    }
}
