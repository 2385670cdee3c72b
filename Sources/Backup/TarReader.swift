/// Finds the files of an archive as `TarTarget` writes it. Their contents are not read.
struct TarReader {
    enum Finding {
        /// The manifest, its last file, is there.
        case whole([String: Part])
        case cutShort
        case damaged
        /// No archive at all, or of something else.
        case foreign
        /// A tar program has written it: it has links, other forms of names, or a file twice, or the
        /// manifest is not its last file.
        case otherForm
    }

    /// A file's octets in the archive.
    struct Part {
        var place: Int64
        var size: Int64
    }

    private let file: OpenFile

    init(_ path: String) throws(BackupError) { file = try OpenFile(reading: path, followsLink: true) }

    func look() throws(BackupError) -> Finding {
        let size = try file.size()
        var place: Int64 = 0
        var last: String?
        var parts: [String: Part] = [:]
        while true {
            guard place + Int64(TarHeader.blockSize) <= size else {
                return last == nil ? .foreign : .cutShort
            }
            let block = try file.read(at: place, count: TarHeader.blockSize)
            if block.allSatisfy({ $0 == 0 }) {
                if last == BackupManifest.fileName { return .whole(parts) }
                return parts[BackupManifest.fileName] == nil ? .foreign : .otherForm
            }
            guard let entry = TarHeader.read(block) else { return last == nil ? .foreign : .damaged }
            last = entry.name
            place += Int64(TarHeader.blockSize)
            switch entry.kind {
            case .file:
                guard BackupManifest.isInside(entry.name),
                    parts.updateValue(Part(place: place, size: entry.size), forKey: entry.name) == nil
                else { return .otherForm }
            // Folders follow from the files' names.
            case .folder: break
            case .other: return .otherForm
            }
            place += entry.size + Int64(TarHeader.padding(after: entry.size))
        }
    }

    func contents(_ part: Part) throws(BackupError) -> [UInt8] {
        try file.read(at: part.place, count: Int(part.size))
    }
}
