import GRDB
import Glibc
import NIOCore
import Synchronization

/// A state directory as it is at one moment, whether a server uses it or not: what a server that was
/// killed at that moment would find.
///
/// Order matters. First the hold, so that no file goes; then a snapshot of the index; then the lengths
/// of the log's segments, which reach beyond what the index knows: a start of the server replays the
/// rest. The youngest segment is measured first, so that no segment ends before one that follows it
/// begins. Everything answered with 250 before is in it.
///
/// The index, and small files beside it, are copied to `snapshot/` in the state directory; the rest is
/// read where it is, up to its length here. `close` ends the hold and removes the copies.
package final class StateSnapshot: Sendable {
    package struct File: Sendable, Hashable {
        /// In the state directory.
        package var name: String
        /// Where its octets are now.
        package var path: String
        package var size: Int64
        /// Nanoseconds since 1970.
        package var modified: Int64
        /// Never written again under this name.
        package var isFinal: Bool
    }

    package let files: [File]
    /// What the index or the log refers to and is not there.
    package let missing: [String]
    /// Records that the index does not know yet.
    package let unapplied: Int

    /// The copied index, and its spool directory.
    let index: String
    let spool: String
    private let hold: Mutex<SpoolHold?>
    private let staging: String

    /// - Parameters:
    ///   - others: further files and folders of the state directory, left out when they are not there.
    ///   - progress: told of pages of the index: how many, of how many.
    /// - Throws: `StorageError`, `FileSystemError`, or an error of SQLite.
    package init(
        of directory: String, with others: [String] = [],
        progress: @escaping (Int, Int) -> Void = { _, _ in }
    ) throws {
        let spool = directory + "/spool"
        guard access(directory + "/index.sqlite", F_OK) == 0 else {
            throw StorageError("\(directory) has no index.sqlite: is it the state directory?")
        }
        hold = Mutex(try SpoolHold(spool, SystemFileSystem()))
        self.spool = spool
        let staging = directory + "/snapshot"
        self.staging = staging
        index = staging + "/index.sqlite"
        Self.clear(staging)
        try SystemFileSystem().createDirectory(staging)
        StateOwner(of: directory).take(staging)
        do {
            // Before the index: a journal of an import must not know of more than the index does.
            let names = try others.flatMap { try Self.files($0, in: directory) }
            let others = try names.enumerated().map { number, file in
                try Self.copy(file, to: "\(staging)/\(number)")
            }
            let segments = try Self.copyIndex(
                directory, to: index, progress: progress,
                measuring: { try Self.segments(in: spool) })
            let contents = try SnapshotContents(index: index, spool: spool, segments: segments)
            files = [try Self.file("index.sqlite", at: index)] + contents.files + others
            missing = contents.missing
            unapplied = contents.unapplied
        } catch {
            Self.clear(staging)
            throw error
        }
    }

    /// Removes the copies, and ends the hold.
    package func close() {
        Self.clear(staging)
        hold.withLock { $0 = nil }
    }

    /// - Returns: what `measure` says, called when the moment is fixed.
    private static func copyIndex<Value>(
        _ directory: String, to path: String, progress: @escaping (Int, Int) -> Void,
        measuring measure: () throws -> Value
    ) throws -> Value {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 1
        let source = try DatabasePool(
            path: directory + "/index.sqlite", configuration: configuration)
        let target = try DatabaseQueue(path: path)
        let measured = try source.read { db in
            // The transaction's first read fixes the moment.
            _ = try Int.fetchOne(db, sql: "SELECT id FROM meta")
            let measured = try measure()
            try target.writeWithoutTransaction { copy in
                try db.backup(to: copy, pagesPerStep: 4096) { step in
                    progress(step.completedPageCount, step.totalPageCount)
                }
                // One file, which reading leaves as it is.
                try copy.execute(sql: "PRAGMA journal_mode = DELETE")
            }
            return measured
        }
        try target.close()
        try source.close()
        chmod(path, 0o600)
        return measured
    }

    /// Youngest first.
    private static func segments(in spool: String) throws -> [File] {
        let numbers = try SystemFileSystem().list(spool).compactMap { name -> UInt64? in
            if case .segment(let number) = SegmentFiles.Name(name) { number } else { nil }
        }
        return try numbers.sorted(by: >).map { number in
            let name = SegmentFiles.Name.segment(number).text
            return try file("spool/" + name, at: spool + "/" + name)
        }
    }

    /// A file, or the files of a folder.
    private static func files(_ name: String, in directory: String) throws -> [File] {
        let path = directory + "/" + name
        var status = stat()
        guard stat(path, &status) == 0 else { return [] }
        guard status.st_mode & S_IFMT == S_IFDIR else { return [try file(name, at: path)] }
        return try SystemFileSystem().list(path).sorted().flatMap {
            try files(name + "/" + $0, in: directory)
        }
    }

    private static func copy(_ file: File, to path: String) throws(FileSystemError) -> File {
        let source = try SystemFileSystem().open(file.path, .existing)
        let target = try SystemFileSystem().open(path, .create)
        var copy = file
        copy.path = path
        copy.size = 0
        copy.isFinal = true
        while true {
            let part = try source.readBuffer(at: copy.size, count: 1 << 20)
            if part.readableBytes == 0 { return copy }
            try target.write(part, at: copy.size)
            copy.size += Int64(part.readableBytes)
        }
    }

    static func file(_ name: String, at path: String) throws(FileSystemError) -> File {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw FileSystemError(call: "stat", path: path, code: errno)
        }
        return File(
            name: name, path: path, size: Int64(status.st_size),
            modified: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec),
            isFinal: false)
    }

    private static func clear(_ staging: String) {
        // Nothing is there, or nobody may look: making it anew tells.
        for name in (try? SystemFileSystem().list(staging)) ?? [] { unlink(staging + "/" + name) }
        rmdir(staging)
    }
}
