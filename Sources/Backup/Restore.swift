#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

internal import struct Foundation.Date
internal import class Foundation.FileManager
package import Storage

/// Makes a state directory from a backup's directory or archive.
///
/// Everything is gathered, verified and checked in a folder of its own inside the state directory, then
/// renamed into place. A crash before that leaves the state directory as it was; one while names change
/// leaves the folder, and no server starts until the restore is run again.
package struct Restore {
    package struct Report: Sendable, Encodable {
        /// When the backup was made, and of which host.
        package var created: String
        package var host: String
        package var files: Int
        package var octets: Int64
        /// Where what was there before is now.
        package var replaced: String?
        /// Of log and index; nil when that was not done.
        package var check: CheckReport?
    }

    private let state: String
    private let source: any BackupSource

    /// - Parameter backup: a directory, an archive, or `-` for an archive on standard input.
    /// - Throws: when the backup is stored and has no manifest that can be read.
    package init(of backup: String, to state: String) throws(BackupError) {
        if backup == "-" {
            self.init(from: try ArchiveStream(), to: state)
            return
        }
        if access(backup, F_OK) != 0, errno == ENOENT {
            throw BackupError("\(backup) does not exist: name the directory or archive of a backup")
        }
        let isFile = BackupPlace.isFile(backup)
        self.init(from: isFile ? try ArchiveSource(backup) : try DirectorySource(backup), to: state)
    }

    init(from source: any BackupSource, to state: String) {
        self.source = source
        self.state = state
    }

    /// Reads the whole backup, compares it with its manifest, and checks a directory's log and index.
    /// Writes nothing.
    package func verify(progress: @escaping StateCheck.Progress) throws -> Report {
        let manifest = try read(into: NoSink(), progress)
        guard let source = source as? DirectorySource else { return report(manifest, nil, replaced: nil) }
        let check = try StateCheck(offline: source.directory).run(progress: progress)
        // A restore makes it one of this version first.
        if check.isOutdated { return report(manifest, nil, replaced: nil) }
        try requireUsable(check)
        return report(manifest, check, replaced: nil)
    }

    /// - Parameter replacing: what is in the state directory is moved to a folder inside it.
    /// - Throws: `BackupError`, also when a server uses the directory.
    package func run(replacing: Bool, progress: @escaping StateCheck.Progress) throws -> Report {
        try Folder.make(state)
        let lock = try lockState()
        defer { withExtendedLifetime(lock) {} }
        let folder = state + "/" + RestoreFolder.name
        let isUnfinished = access(folder, F_OK) == 0
        let present = try occupants()
        guard replacing || present.isEmpty else {
            throw BackupError(
                "\(state) is not empty (\(present.prefix(5).joined(separator: ", ")))"
                    + (isUnfinished ? "; a restore of it was cut short" : "")
                    + ": --replace moves what is there to a folder inside it")
        }
        if let size = source.size { try RestoreSink.requireRoom(size, in: state) }
        // While names change this folder keeps servers away; what an earlier restore left goes.
        Folder.empty(folder)
        try Folder.make(folder)
        let (manifest, check): (BackupManifest, CheckReport)
        do {
            (manifest, check) = try gather(in: folder, progress)
        } catch {
            Folder.empty(folder)
            if !isUnfinished { rmdir(folder) }
            throw error
        }
        let replaced = present.isEmpty ? nil : try moveAway(present)
        try moveInto(place: folder)
        return report(manifest, check, replaced: replaced)
    }

    private func report(
        _ manifest: BackupManifest, _ check: CheckReport?, replaced: String?
    ) -> Report {
        Report(
            created: manifest.created, host: manifest.host, files: manifest.files.count,
            octets: manifest.size, replaced: replaced, check: check)
    }

    // MARK: Steps

    /// No server starts on another index.
    private func requireUsable(_ check: CheckReport) throws(BackupError) {
        guard check.isIndexBroken else { return }
        let reason = check.findings.last { $0.severity == .damage && $0.subject == "index" }
        throw unusableIndex(reason.map { "the index \($0.what)" } ?? "it is damaged")
    }

    /// Its octets are those of the manifest.
    private func unusableIndex(_ why: String) -> BackupError {
        BackupError(
            "\(source.path(of: "index.sqlite")) can't be used as it was backed up: take another backup, or "
                + "restore this one with the version that made it (\(why))")
    }

    /// Only of an unusable index the backup is the cause.
    func explain(_ failure: StateLeap.Failure, _ folder: String) -> BackupError {
        switch failure {
        case .unusable(let why): unusableIndex(why)
        case .full(let why): BackupError("\(state) has no room for what the index needs: make room there (\(why))")
        case .prevented(let why): BackupError("\(folder)/index.sqlite can't be read or written: \(why)")
        }
    }

    private func lockState() throws -> StateLock {
        do {
            return try StateLock(state)
        } catch let error as StorageError {
            throw BackupError("\(error): stop it first (systemctl stop martlet)")
        } catch let error as FileSystemError {
            throw BackupError("\(error); run this as root or as the server's user")
        }
    }

    /// What is in the state directory, but for what an unused one has.
    private func occupants() throws -> [String] {
        try Folder.names(state).filter { name in
            if ["lock", RestoreFolder.name].contains(name) || name.hasPrefix(Self.replacedPrefix) {
                return false
            }
            var status = stat()
            guard lstat(state + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                return true
            }
            return try Folder.names(state + "/" + name).contains { $0 != "hold" }
        }
    }

    private func gather(in folder: String, _ progress: @escaping StateCheck.Progress) throws
        -> (BackupManifest, CheckReport)
    {
        try Folder.make(folder + "/spool")
        let manifest = try read(into: RestoreSink(folder), progress)
        progress("moving numbers on", 0, nil)
        do {
            try StateLeap.run(folder)
        } catch {
            throw explain(error, folder)
        }
        let check = try StateCheck(offline: folder).run(progress: progress)
        try requireUsable(check)
        giveToOwner(folder)
        try Folder.sync(folder + "/spool")
        try Folder.sync(folder)
        return (manifest, check)
    }

    private func read(into sink: any BackupSink, _ progress: @escaping StateCheck.Progress)
        throws(BackupError) -> BackupManifest
    {
        let total = source.size.map { Int($0 >> 20) }
        return try source.read(into: sink) { progress("reading the backup, MiB", Int($0 >> 20), total) }
    }

    /// Root restores for the server's user.
    private func giveToOwner(_ folder: String) {
        let owner = StateOwner(of: state)
        owner.take(folder)
        for name in FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? [] {
            owner.take(folder + "/" + name)
        }
    }

    private static let replacedPrefix = "replaced-"

    private func moveAway(_ names: [String]) throws(BackupError) -> String {
        let time = Date().ISO8601Format().filter { $0 != "-" && $0 != ":" }
        let folder = state + "/" + Self.replacedPrefix + time
        try Folder.make(folder)
        StateOwner(of: state).take(folder)
        for name in names { try move(state + "/" + name, to: folder + "/" + name) }
        try Folder.sync(folder)
        try Folder.sync(state)
        return folder
    }

    private func moveInto(place folder: String) throws(BackupError) {
        for name in try Folder.names(folder) {
            let target = state + "/" + name
            // An empty folder of an unused state directory.
            unlink(target + "/hold")
            rmdir(target)
            try move(folder + "/" + name, to: target)
        }
        try Folder.sync(state)
        guard rmdir(folder) == 0 else { throw .system("rmdir", folder) }
        try Folder.sync(state)
    }

    private func move(_ from: String, to: String) throws(BackupError) {
        guard rename(from, to) == 0 else { throw .system("rename", from) }
    }
}
