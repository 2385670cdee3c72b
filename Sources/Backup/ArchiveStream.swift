#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// An archive of `TarTarget` as it comes in, from its beginning to its end. What should have come is
/// known from its last file, the manifest: until then all that the sink has is to be thrown away.
struct ArchiveStream: BackupSource {
    private static let name = "standard input"
    /// Octets behind the archive's end that are read, so that who writes them is not cut off: tar fills
    /// up its last 10 KiB.
    private static let rest = 64 << 10

    let size: Int64? = nil
    private let file: OpenFile

    init(_ descriptor: Int32 = STDIN_FILENO) throws(BackupError) {
        guard isatty(descriptor) == 0 else {
            throw BackupError("standard input is a terminal: send an archive of a backup to it")
        }
        file = OpenFile(borrowing: descriptor, as: Self.name)
    }

    func path(of name: String) -> String { "\(Self.name)(\(name))" }

    func read(
        into sink: any BackupSink, progress: @escaping (Int64) -> Void
    ) throws(BackupError) -> BackupManifest {
        var pump = FilePump(progress: progress)
        defer { pump.release() }
        var walk = TarWalk()
        var files: [String: (size: Int64, sha256: String)] = [:]
        var manifest: [UInt8] = []
        while true {
            switch walk.step(try block()) {
            case .file(BackupManifest.fileName, let size):
                guard size <= BackupManifest.maximumLength else { throw BackupManifest.tooLong(in: Self.name) }
                let digest = try pump.run(file, size: size) { manifest += $0 }
                guard digest != nil else { throw TarProblem.cutShort.error(of: nil) }
                try skip(TarHeader.padding(after: size))
            case .file(let name, let size):
                try sink.begin(name, size: size)
                let digest = try pump.run(file, size: size) { (octets) throws(BackupError) in
                    try sink.write(octets)
                }
                guard let digest else { throw TarProblem.cutShort.error(of: nil) }
                try sink.end(modified: nil)
                files[name] = (size, digest)
                try skip(TarHeader.padding(after: size))
            case .folder: break
            case .problem(let problem): throw problem.error(of: nil)
            case .end:
                _ = try octets(Self.rest)
                let manifest = try BackupManifest(manifest, from: path(of: BackupManifest.fileName))
                try compare(files, with: manifest, sink)
                return manifest
            }
        }
    }

    private func compare(
        _ files: [String: (size: Int64, sha256: String)], with manifest: BackupManifest,
        _ sink: any BackupSink
    ) throws(BackupError) {
        try manifest.requireAll(files.keys, in: Self.name)
        for file in manifest.files {
            let path = path(of: file.name)
            guard let found = files[file.name] else { throw .missing(path) }
            try file.require(size: found.size, path)
            try file.require(sha256: found.sha256, path)
            try sink.complete(file.name, modified: file.modified)
        }
    }

    /// As much of a header as there is.
    private func block() throws(BackupError) -> [UInt8] { try octets(TarHeader.blockSize) }

    private func skip(_ count: Int) throws(BackupError) {
        guard try octets(count).count == count else { throw TarProblem.cutShort.error(of: nil) }
    }

    /// Fewer at the end.
    private func octets(_ count: Int) throws(BackupError) -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: count)
        let result = octets.withUnsafeMutableBytes { space in
            Result { () throws(BackupError) in try file.read(into: space) }
        }
        octets.removeLast(count - (try result.get()))
        return octets
    }
}
