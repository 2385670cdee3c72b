/// Looks whether a file is an archive as `TarTarget` writes it, and all of it. Contents are not read.
struct TarReader {
    enum Finding {
        /// The manifest, its last file, is there.
        case whole
        case cutShort
        case damaged
        /// No archive at all, or another program's.
        case foreign
    }

    private let file: OpenFile

    init(_ path: String) throws(BackupError) { file = try OpenFile(reading: path) }

    func look() throws(BackupError) -> Finding {
        let size = try file.size()
        var place: Int64 = 0
        var last: String?
        while true {
            guard place + Int64(TarHeader.blockSize) <= size else {
                return last == nil ? .foreign : .cutShort
            }
            let block = try file.read(at: place, count: TarHeader.blockSize)
            if block.allSatisfy({ $0 == 0 }) {
                return last == BackupManifest.fileName ? .whole : .foreign
            }
            guard let entry = TarHeader.read(block) else { return last == nil ? .foreign : .damaged }
            last = entry.name
            place += Int64(TarHeader.blockSize) + entry.size + Int64(TarHeader.padding(after: entry.size))
        }
    }
}
