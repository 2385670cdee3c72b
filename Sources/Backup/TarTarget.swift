#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A backup as a tar archive, written from its beginning to its end.
final class TarTarget: BackupTarget {
    private let file: OpenFile
    private let isFile: Bool
    private var padding = 0
    private var folders: Set<String> = []
    private var newest: Int64 = 0

    /// - Parameter path: of a new file; nil for standard output.
    init(_ path: String?) throws(BackupError) {
        if let path {
            file = try OpenFile(creating: path)
        } else {
            guard isatty(STDOUT_FILENO) == 0 else {
                throw BackupError("standard output is a terminal: send the archive to a file or a program")
            }
            file = OpenFile(borrowing: STDOUT_FILENO, as: "standard output")
        }
        isFile = path != nil
    }

    func begin(_ name: String, size: Int64, modified: Int64) throws(BackupError) {
        let seconds = modified / 1_000_000_000
        newest = max(newest, seconds)
        if let slash = name.lastIndex(of: "/"), folders.insert(String(name[..<slash])).inserted {
            try file.write(
                TarHeader.make(String(name[...slash]), size: 0, isFolder: true, modified: seconds))
        }
        try file.write(TarHeader.make(name, size: size, modified: seconds))
        padding = TarHeader.padding(after: size)
    }

    func write(_ octets: UnsafeRawBufferPointer) throws(BackupError) { try file.write(octets) }

    func end() throws(BackupError) { try file.write([UInt8](repeating: 0, count: padding)) }

    func reuse(_ name: String, of base: String) -> Bool { false }

    func finish(_ manifest: [UInt8]) throws(BackupError) {
        let size = Int64(manifest.count)
        try file.write(TarHeader.make(BackupManifest.fileName, size: size, modified: newest))
        let end = TarHeader.padding(after: size) + 2 * TarHeader.blockSize
        try file.write(manifest + [UInt8](repeating: 0, count: end))
        if isFile { try file.sync() }
    }

    func abandon() { if isFile { unlink(file.path) } }
}
