/// Why something is no archive as `TarTarget` writes it.
enum TarProblem: Error {
    case empty
    case cutShort
    case damaged
    /// No archive at all, or of something else.
    case foreign
    /// A tar program has written it: it has links, other forms of names, or a file twice, or the
    /// manifest is not its last file.
    case otherForm
}

/// Goes through such an archive, header by header.
struct TarWalk {
    enum Step {
        /// Its contents follow, of this size, and their padding.
        case file(String, Int64)
        case folder
        /// The manifest, its last file, was there.
        case end
        case problem(TarProblem)
    }

    private var last: String?
    private var names: Set<String> = []

    /// - Parameter block: what stands where a header should; fewer octets than one at the end of all.
    mutating func step(_ block: [UInt8]) -> Step {
        guard block.count == TarHeader.blockSize else {
            return .problem(last != nil ? .cutShort : block.isEmpty ? .empty : .foreign)
        }
        if block.allSatisfy({ $0 == 0 }) {
            if last == BackupManifest.fileName { return .end }
            return .problem(names.contains(BackupManifest.fileName) ? .otherForm : .foreign)
        }
        guard let entry = TarHeader.read(block) else { return .problem(last == nil ? .foreign : .damaged) }
        last = entry.name
        switch entry.kind {
        case .file:
            guard BackupManifest.isInside(entry.name), names.insert(entry.name).inserted else {
                return .problem(.otherForm)
            }
            return .file(entry.name, entry.size)
        // Folders follow from the files' names.
        case .folder: return .folder
        case .other: return .problem(.otherForm)
        }
    }
}

extension TarProblem {
    /// - Parameter path: of the archive; nil when it comes in on standard input.
    func error(of path: String?) -> BackupError {
        let subject = path ?? "standard input"
        return switch self {
        case .empty where path == nil:
            BackupError("standard input is empty: see why what should write the archive did not")
        case .empty, .foreign:
            path.map(BackupPlace.foreign)
                ?? BackupError(
                    "standard input is no archive of a backup: what is compressed or encrypted goes through "
                        + "its program first (zstd -dc ARCHIVE | martlet restore -)")
        case .cutShort where path == nil:
            BackupError("standard input ended before the archive did: see why, and send it again")
        case .cutShort: BackupError("\(subject) is an archive without its end: copy it anew, or take another")
        case .damaged: BackupError("\(subject) is a damaged archive: copy it anew, or take another")
        case .otherForm:
            BackupError(
                "\(subject) is an archive of another form than martlet backup writes: unpack it first "
                    + "(mkdir DIR; tar -xf \(path ?? "-") -C DIR), and name DIR")
        }
    }
}
