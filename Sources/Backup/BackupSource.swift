/// A backup that is read, once.
protocol BackupSource {
    /// Octets of its files; nil when only its end tells.
    var size: Int64? { get }

    /// What messages call the file of this name in it.
    func path(of name: String) -> String

    /// Gives each file to the sink.
    ///
    /// - Parameter progress: told of the octets read, after each part.
    /// - Returns: the manifest, once all files are as it says.
    func read(
        into sink: any BackupSink, progress: @escaping (Int64) -> Void
    ) throws(BackupError) -> BackupManifest
}

/// Where a backup's files go when it is read: each from its beginning to its end.
protocol BackupSink: AnyObject {
    func begin(_ name: String, size: Int64) throws(BackupError)
    func write(_ octets: UnsafeRawBufferPointer) throws(BackupError)

    /// - Parameter modified: nanoseconds since 1970; nil when only the backup's end tells, and `complete`
    ///   follows.
    func end(modified: Int64?) throws(BackupError)

    /// For a file that ended without its date.
    func complete(_ name: String, modified: Int64) throws(BackupError)
}

/// For a backup that is compared only.
final class NoSink: BackupSink {
    func begin(_ name: String, size: Int64) {}
    func write(_ octets: UnsafeRawBufferPointer) {}
    func end(modified: Int64?) {}
    func complete(_ name: String, modified: Int64) {}
}

extension BackupManifest.File {
    /// - Parameter path: what messages call it.
    func require(sha256 digest: String, _ path: String) throws(BackupError) {
        guard digest == sha256 else {
            throw BackupError(
                "\(path) is not what was backed up (its SHA-256 differs): the backup is damaged, take another")
        }
    }

    func require(size found: Int64, _ path: String) throws(BackupError) {
        guard found == size else {
            throw BackupError(
                "\(path) has \(found) octets and should have \(size): the backup is damaged, take another")
        }
    }
}

extension BackupManifest {
    /// Octets of its own: those of millions of files.
    static let maximumLength: Int64 = 1 << 30

    static func tooLong(in archive: String) -> BackupError {
        BackupError("the manifest in \(archive) is too large: take another backup")
    }

    /// - Parameter names: the files of an archive.
    func requireAll(_ names: some Sequence<String>, in archive: String) throws(BackupError) {
        let named = Set(files.map(\.name))
        if let other = names.first(where: { $0 != Self.fileName && !named.contains($0) }) {
            throw BackupError("\(archive) holds “\(other)”, which its manifest does not name: take another backup")
        }
    }
}

extension BackupError {
    static func missing(_ path: String) -> BackupError {
        BackupError("\(path) is missing: the backup is damaged, take another")
    }
}
