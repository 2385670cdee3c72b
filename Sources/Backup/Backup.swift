#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

package import Storage

/// Copies a state directory while its server runs, or does not.
///
/// The copy is what a server that was killed at one moment would have left; everything that was
/// answered with 250 before that moment is in it, and what the index did not know yet is replayed by the
/// server that starts on it. Caches, search indexes, locks and sockets are not copied.
package struct Backup {
    package struct Report: Sendable, Encodable {
        package var created: String
        package var files: Int
        package var octets: Int64
        /// Taken from the base as they were.
        package var reused: Int
        package var reusedOctets: Int64
        /// Accepted, and in the copy's log only.
        package var unapplied: Int
        /// What the state directory should have, and has not.
        package var missing: [String]
    }

    package enum Destination: Sendable {
        /// New, or empty.
        case directory(String)
        /// A new file.
        case archive(String)
        case standardOutput
    }

    /// Files and folders of a state directory beside index and spool.
    private static let others = ["scram.key", "import", "tls-policy", "tls-reports"]

    private let state: String
    private let host: String
    private let version: String
    private let base: (path: String, files: [String: BackupManifest.File])?

    /// - Parameters:
    ///   - state: the state directory.
    ///   - host, version: for the manifest.
    ///   - base: an earlier backup's directory, whose equal files need no copy.
    package init(of state: String, host: String, version: String, base: String?) throws(BackupError) {
        self.state = state
        self.host = host
        self.version = version
        if let base {
            let manifest = try BackupManifest.load(from: base)
            self.base = (
                base, Dictionary(manifest.files.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
            )
        } else {
            self.base = nil
        }
    }

    /// - Throws: `BackupError`, or what `StateSnapshot` throws; then the destination is as it was.
    package func run(to destination: Destination, progress: @escaping StateCheck.Progress) throws
        -> Report
    {
        let target: any BackupTarget =
            switch destination {
            case .directory(let path): try DirectoryTarget(path)
            case .archive(let path): try TarTarget(path)
            case .standardOutput: try TarTarget(nil)
            }
        do {
            let snapshot = try StateSnapshot(of: state, with: Self.others) {
                progress("copying the index, pages", $0, $1)
            }
            defer { snapshot.close() }
            return try copy(snapshot, to: target, progress)
        } catch {
            target.abandon()
            throw error
        }
    }

    private func copy(
        _ snapshot: StateSnapshot, to target: any BackupTarget, _ progress: @escaping StateCheck.Progress
    ) throws -> Report {
        let total = snapshot.files.reduce(0) { $0 + $1.size }
        var pump = FilePump { progress("copying, MiB", Int($0 >> 20), Int(total >> 20)) }
        defer { pump.release() }
        var manifest = BackupManifest(host: host, version: version)
        var report = Report(
            created: manifest.created, files: snapshot.files.count, octets: total, reused: 0,
            reusedOctets: 0, unapplied: snapshot.unapplied, missing: snapshot.missing)
        for file in snapshot.files {
            if let known = reusable(file), let base, target.reuse(file.name, of: base.path) {
                manifest.files.append(known)
                report.reused += 1
                report.reusedOctets += file.size
                continue
            }
            try target.begin(file.name, size: file.size, modified: file.modified)
            let digest = try pump.run(
                try OpenFile(reading: file.path), size: file.size, isGrowing: !file.isFinal
            ) { (octets) throws(BackupError) in try target.write(octets) }
            try target.end()
            guard let digest else {
                throw BackupError("\(file.path) became shorter while it was copied")
            }
            manifest.files.append(
                BackupManifest.File(
                    name: file.name, size: file.size, modified: file.modified, sha256: digest))
        }
        try target.finish(try manifest.encoded)
        return report
    }

    /// Files that are never written again are the same when name, length and date are.
    private func reusable(_ file: StateSnapshot.File) -> BackupManifest.File? {
        guard file.isFinal, let known = base?.files[file.name], known.size == file.size,
            known.modified == file.modified
        else { return nil }
        return known
    }
}
