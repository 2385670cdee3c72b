#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

internal import class Foundation.FileManager

/// A backup as a directory, laid out as a state directory.
final class DirectoryTarget: BackupTarget {
    private let path: String
    private var current: (file: OpenFile, modified: Int64)?
    private var folders: Set<String> = []

    /// - Throws: when the directory exists and has something in it.
    init(_ path: String) throws(BackupError) {
        self.path = path
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .system("mkdir", path) }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            throw .system("open", path)
        }
        guard names.isEmpty else { throw BackupError("\(path) is not empty: name a new directory, or an empty one") }
    }

    func begin(_ name: String, size: Int64, modified: Int64) throws(BackupError) {
        try makeFolder(of: name)
        current = (try OpenFile(creating: path + "/" + name), modified)
    }

    func write(_ octets: UnsafeRawBufferPointer) throws(BackupError) {
        try current?.file.write(octets)
    }

    func end() throws(BackupError) {
        try current?.file.finish(modified: current!.modified)
        current = nil
    }

    func reuse(_ name: String, of base: String) -> Bool {
        do throws(BackupError) {
            try makeFolder(of: name)
        } catch {
            return false
        }
        return link(base + "/" + name, path + "/" + name) == 0
    }

    func finish(_ manifest: [UInt8]) throws(BackupError) {
        for folder in folders.sorted(by: >) { try Folder.sync(path + "/" + folder) }
        try Folder.sync(path)
        let file = try OpenFile(creating: path + "/" + BackupManifest.fileName)
        try file.write(manifest)
        try file.sync()
        try Folder.sync(path)
    }

    func abandon() { Folder.empty(path) }

    private func makeFolder(of name: String) throws(BackupError) {
        guard let slash = name.lastIndex(of: "/") else { return }
        let folder = String(name[..<slash])
        guard folders.insert(folder).inserted else { return }
        try Folder.make(path + "/" + folder)
    }
}
