import CChecksum
import Glibc

/// A file descriptor, closed on release.
final class SystemFile: StorageFile {
    /// `UIO_MAXIOV`: buffers that one call takes.
    private static let maximumBuffers = 1024

    private let descriptor: Int32
    private let path: String

    init(_ descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    static func text(of code: Int32) -> String { String(cString: strerror(code)) }

    func size() throws(FileSystemError) -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("fstat") }
        return Int64(status.st_size)
    }

    func write(_ buffers: [UnsafeRawBufferPointer], at offset: Int64) throws(FileSystemError) {
        var vectors = buffers.map {
            iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
        }
        var first = 0
        var offset = offset
        while first < vectors.count {
            let count = Int32(min(vectors.count - first, Self.maximumBuffers))
            var written = vectors.withUnsafeBufferPointer {
                pwritev(descriptor, $0.baseAddress! + first, count, off_t(offset))
            }
            if written < 0 {
                if errno == EINTR { continue }
                throw failure("pwritev")
            }
            offset += Int64(written)
            while first < vectors.count, written >= vectors[first].iov_len {
                written -= vectors[first].iov_len
                first += 1
            }
            if written > 0 {
                vectors[first].iov_base += written
                vectors[first].iov_len -= written
            }
        }
    }

    func sync() throws(FileSystemError) {
        guard fdatasync(descriptor) == 0 else { throw failure("fdatasync") }
    }

    func truncate(to size: Int64) throws(FileSystemError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw failure("ftruncate") }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileSystemError)
        -> Int
    {
        var filled = 0
        while filled < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress! + filled, buffer.count - filled,
                off_t(offset) + filled)
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("pread")
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    func readCached(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Bool {
        guard let base = buffer.baseAddress else { return true }
        return martlet_read_cached(descriptor, base, buffer.count, offset) == buffer.count
    }

    private func failure(_ call: String) -> FileSystemError {
        FileSystemError(call: call, path: path, code: errno)
    }
}
