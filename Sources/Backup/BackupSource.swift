/// A backup that is read.
protocol BackupSource {
    var manifest: BackupManifest { get }

    /// What messages call the file of this name in it.
    func path(of name: String) -> String

    /// The file, at its first octet.
    /// - Throws: also when it is not there.
    func open(_ file: BackupManifest.File) throws(BackupError) -> OpenFile
}

/// One that `DirectoryTarget` wrote, or that was unpacked.
struct DirectorySource: BackupSource {
    let directory: String
    let manifest: BackupManifest

    init(_ directory: String) throws(BackupError) {
        self.directory = directory
        manifest = try BackupManifest.load(from: directory)
    }

    func path(of name: String) -> String { directory + "/" + name }

    func open(_ file: BackupManifest.File) throws(BackupError) -> OpenFile {
        guard let found = try OpenFile(readingIfPresent: path(of: file.name)) else {
            throw .missing(path(of: file.name))
        }
        return found
    }
}

/// One that `TarTarget` wrote. Its manifest says what is read of it; names in the archive lead nowhere.
struct ArchiveSource: BackupSource {
    /// Octets: of millions of files.
    private static let maximumManifest: Int64 = 1 << 30

    let manifest: BackupManifest
    private let archive: String
    private let parts: [String: TarReader.Part]

    init(_ archive: String) throws(BackupError) {
        self.archive = archive
        let reader = try TarReader(archive)
        guard case .whole(let parts) = try reader.look() else { throw BackupPlace.archiveProblem(archive) }
        self.parts = parts
        guard let part = parts[BackupManifest.fileName], part.size <= Self.maximumManifest else {
            throw BackupError("the manifest in \(archive) is too large: take another backup")
        }
        let path = Self.path(BackupManifest.fileName, in: archive)
        manifest = try BackupManifest(try reader.contents(part), from: path)
        let named = Set(manifest.files.map(\.name))
        if let other = parts.keys.first(where: { $0 != BackupManifest.fileName && !named.contains($0) }) {
            throw BackupError("\(archive) holds “\(other)”, which its manifest does not name: take another backup")
        }
    }

    func path(of name: String) -> String { Self.path(name, in: archive) }

    func open(_ file: BackupManifest.File) throws(BackupError) -> OpenFile {
        guard let part = parts[file.name] else { throw .missing(path(of: file.name)) }
        guard part.size == file.size else {
            throw BackupError(
                "\(path(of: file.name)) has \(part.size) octets and should have \(file.size): "
                    + "the backup is damaged, take another")
        }
        let found = try OpenFile(reading: archive, followsLink: true)
        try found.seek(to: part.place)
        return found
    }

    private static func path(_ name: String, in archive: String) -> String { "\(archive)(\(name))" }
}

extension BackupError {
    fileprivate static func missing(_ path: String) -> BackupError {
        BackupError("\(path) is missing: the backup is damaged, take another")
    }
}
