/// Finds the files of an archive as `TarTarget` writes it. Their contents are not read.
struct TarReader {
    /// A file's octets in the archive.
    struct Part {
        var place: Int64
        var size: Int64
    }

    private let file: OpenFile

    init(_ path: String) throws(BackupError) { file = try OpenFile(reading: path, followsLink: true) }

    /// Its files, of which the last is the manifest.
    func look() throws(BackupError) -> Result<[String: Part], TarProblem> {
        let end = try file.size()
        var place: Int64 = 0
        var walk = TarWalk()
        var parts: [String: Part] = [:]
        while true {
            let left = Int(min(max(0, end - place), Int64(TarHeader.blockSize)))
            let step = walk.step(try file.read(at: min(place, end), count: left))
            place += Int64(TarHeader.blockSize)
            switch step {
            case .file(let name, let size):
                parts[name] = Part(place: place, size: size)
                place += size + Int64(TarHeader.padding(after: size))
            case .folder: break
            case .end: return .success(parts)
            case .problem(let problem): return .failure(problem)
            }
        }
    }

    func contents(_ part: Part) throws(BackupError) -> [UInt8] {
        try file.read(at: part.place, count: Int(part.size))
    }
}
