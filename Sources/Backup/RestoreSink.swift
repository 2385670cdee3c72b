internal import Storage

/// The folder in which a restore gathers files.
final class RestoreSink: BackupSink {
    private let folder: String
    private var current: OpenFile?

    init(_ folder: String) { self.folder = folder }

    func begin(_ name: String, size: Int64) throws(BackupError) {
        try Self.requireRoom(size, in: folder)
        let path = folder + "/" + name
        if let slash = path.lastIndex(of: "/") { try Folder.make(String(path[..<slash])) }
        current = try OpenFile(creating: path)
    }

    func write(_ octets: UnsafeRawBufferPointer) throws(BackupError) { try current?.write(octets) }

    func end(modified: Int64?) throws(BackupError) {
        if let modified { try current?.finish(modified: modified) }
        current = nil
    }

    func complete(_ name: String, modified: Int64) throws(BackupError) {
        try OpenFile(reading: folder + "/" + name).finish(modified: modified)
    }

    static func requireRoom(_ size: Int64, in directory: String) throws(BackupError) {
        let free: Int64
        do throws(FileSystemError) {
            free = try SystemFileSystem().freeBytes(at: directory)
        } catch {
            throw BackupError("\(error)")
        }
        guard free > size else {
            throw BackupError("\(directory) has room for \(free) octets, \(size) are needed: make room there")
        }
    }
}
