/// A backup whose manifest can be read first.
protocol StoredBackup: BackupSource {
    var manifest: BackupManifest { get }

    /// The file, at its first octet.
    /// - Throws: also when it is not there.
    func open(_ file: BackupManifest.File) throws(BackupError) -> OpenFile
}

extension StoredBackup {
    var size: Int64? { manifest.size }

    func read(
        into sink: any BackupSink, progress: @escaping (Int64) -> Void
    ) throws(BackupError) -> BackupManifest {
        var pump = FilePump(progress: progress)
        defer { pump.release() }
        for file in manifest.files {
            let path = path(of: file.name)
            let opened = try open(file)
            try sink.begin(file.name, size: file.size)
            let digest = try pump.run(opened, size: file.size) { (octets) throws(BackupError) in
                try sink.write(octets)
            }
            guard let digest else {
                throw BackupError(
                    "\(path) is shorter than \(file.size) octets: the backup is damaged, take another")
            }
            try file.require(sha256: digest, path)
            try sink.end(modified: file.modified)
        }
        return manifest
    }
}

/// One that `DirectoryTarget` wrote, or that was unpacked.
struct DirectorySource: StoredBackup {
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
struct ArchiveSource: StoredBackup {
    let manifest: BackupManifest
    private let archive: String
    private let parts: [String: TarReader.Part]

    init(_ archive: String) throws(BackupError) {
        self.archive = archive
        let reader = try TarReader(archive)
        switch try reader.look() {
        case .success(let found): parts = found
        case .failure(let problem): throw problem.error(of: archive)
        }
        guard let part = parts[BackupManifest.fileName], part.size <= BackupManifest.maximumLength else {
            throw BackupManifest.tooLong(in: archive)
        }
        let path = Self.path(BackupManifest.fileName, in: archive)
        manifest = try BackupManifest(try reader.contents(part), from: path)
        try manifest.requireAll(parts.keys, in: archive)
    }

    func path(of name: String) -> String { Self.path(name, in: archive) }

    func open(_ file: BackupManifest.File) throws(BackupError) -> OpenFile {
        guard let part = parts[file.name] else { throw .missing(path(of: file.name)) }
        try file.require(size: part.size, path(of: file.name))
        let found = try OpenFile(reading: archive, followsLink: true)
        try found.seek(to: part.place)
        return found
    }

    private static func path(_ name: String, in archive: String) -> String { "\(archive)(\(name))" }
}
