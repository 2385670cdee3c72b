/// A failed call on a file, with the system's error number.
package struct FileSystemError: Error, CustomStringConvertible {
    package let call: String
    package let path: String
    package let code: Int32

    package init(call: String, path: String, code: Int32) {
        self.call = call
        self.path = path
        self.code = code
    }

    package var description: String { "\(call) \(path): \(SystemFile.text(of: code))" }
}

/// Either way for reading and writing.
package enum FileOpening: Sendable {
    /// Made, for its owner only, when it does not exist.
    case create
    /// Must exist.
    case existing
}

/// The engine's view of the disk, for everything but SQLite's own files. Tests put one in its
/// place that loses unsynced writes, fails a chosen call or is full. Every call blocks.
package protocol FileSystem: Sendable {
    /// Makes one directory; one that exists is as good.
    func createDirectory(_ path: String) throws(FileSystemError)

    func open(_ path: String, _ opening: FileOpening) throws(FileSystemError) -> any StorageFile

    /// Takes the lock of this file, made when it does not exist, without waiting: shared with others
    /// who share it, or exclusive.
    func lock(_ path: String, isShared: Bool) throws(FileSystemError) -> any FileLock

    /// Names in a directory, without `.` and `..`, in no order.
    func list(_ directory: String) throws(FileSystemError) -> [String]

    /// Removes a file; one that does not exist is as good.
    func unlink(_ path: String) throws(FileSystemError)

    /// Makes the directory's own entries durable.
    func syncDirectory(_ path: String) throws(FileSystemError)

    /// Octets that an unprivileged process may still write there.
    func freeBytes(at path: String) throws(FileSystemError) -> Int64
}

extension FileSystem {
    func lock(_ path: String) throws(FileSystemError) -> any FileLock {
        try lock(path, isShared: false)
    }
}

/// A lock that is held as long as the object lives.
package protocol FileLock: AnyObject, Sendable {}

/// One open file; closed when it is released.
package protocol StorageFile: AnyObject, Sendable {
    func size() throws(FileSystemError) -> Int64

    /// Writes all the buffers one after the other, or throws (what was written then is undefined).
    func write(_ buffers: [UnsafeRawBufferPointer], at offset: Int64) throws(FileSystemError)

    /// Makes the contents durable (fdatasync). After a failure the unsynced contents are lost:
    /// never call it again for the same bytes.
    func sync() throws(FileSystemError)

    func truncate(to size: Int64) throws(FileSystemError)

    /// Fills the buffer; returns fewer octets than asked for at the end of the file only.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileSystemError)
        -> Int

    /// The same from the page cache, without waiting for the disk; false when it is not all there.
    func readCached(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Bool
}
