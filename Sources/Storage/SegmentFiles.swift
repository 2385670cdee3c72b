import MailModel
import Synchronization

/// The files of the spool directory, named by numbers only: `<16 hex digits>.log` are segments of
/// the message log, `<16 hex digits>.big` single large messages.
final class SegmentFiles: Sendable {
    enum Name: Hashable, Sendable {
        case segment(UInt64)
        case big(QueueID)

        var text: String {
            switch self {
            case .segment(let number): Self.hex(number) + ".log"
            case .big(let id): Self.hex(id.rawValue) + ".big"
            }
        }

        init?(_ text: String) {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].utf8.count == 16,
                let number = UInt64(parts[0], radix: 16)
            else { return nil }
            switch parts[1] {
            case "log": self = .segment(number)
            case "big": self = .big(QueueID(rawValue: number))
            default: return nil
            }
        }

        private static func hex(_ number: UInt64) -> String {
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
    }

    /// Files kept open for reading.
    private static let maximumOpen = 256

    let directory: String
    private let fileSystem: any FileSystem
    private let open = Mutex<[Name: any StorageFile]>([:])
    /// Removed while `SpoolHold` kept them.
    private let kept = Mutex<Set<Name>>([])

    init(_ fileSystem: any FileSystem, directory: String) {
        self.fileSystem = fileSystem
        self.directory = directory
    }

    /// Removed, and still there: `SpoolHold` keeps them.
    var keptNames: Set<Name> { kept.withLock { $0 } }

    func names() throws(FileSystemError) -> [Name] {
        try fileSystem.list(directory).compactMap { Name($0) }
    }

    /// Makes a file; its directory entry is durable on return.
    func create(_ name: Name) throws(FileSystemError) -> any StorageFile {
        let file = try fileSystem.open(path(name), .create)
        do throws(FileSystemError) {
            try fileSystem.syncDirectory(directory)
        } catch {
            do { try fileSystem.unlink(path(name)) } catch { throw error }
            throw error
        }
        remember(file, name)
        return file
    }

    /// Makes a segment; its header and its directory entry are durable on return. One that a failure
    /// has left unfinished is as good as none, and made again by the next call. Two calls at once do
    /// no harm if they have the same header.
    func create(_ header: SegmentHeader) throws(FileSystemError) -> any StorageFile {
        let name = Name.segment(header.number)
        let file = try fileSystem.open(path(name), .create)
        try file.write(header.bytes, at: 0)
        try file.sync()
        try fileSystem.syncDirectory(directory)
        remember(file, name)
        return file
    }

    /// A file that is open already.
    func opened(_ name: Name) -> (any StorageFile)? { open.withLock { $0[name] } }

    func file(_ name: Name) throws(FileSystemError) -> any StorageFile {
        if let file = opened(name) { return file }
        let file = try fileSystem.open(path(name), .existing)
        remember(file, name)
        return file
    }

    /// Removes the file. Readers that have it open finish undisturbed. While a backup or a check holds
    /// the directory it stays until the next removal, or the next start.
    func remove(_ name: Name) throws(FileSystemError) {
        open.withLock { _ = $0.removeValue(forKey: name) }
        guard let use = try SpoolHold.use(directory, fileSystem) else {
            return kept.withLock { _ = $0.insert(name) }
        }
        defer { withExtendedLifetime(use) {} }
        let names = kept.withLock { kept in
            defer { kept = [] }
            return kept.union([name])
        }
        for name in names { try fileSystem.unlink(path(name)) }
    }

    func syncDirectory() throws(FileSystemError) { try fileSystem.syncDirectory(directory) }

    private func path(_ name: Name) -> String { directory + "/" + name.text }

    private func remember(_ file: any StorageFile, _ name: Name) {
        open.withLock { open in
            if open.count >= Self.maximumOpen, let other = open.keys.first { open[other] = nil }
            open[name] = file
        }
    }
}
