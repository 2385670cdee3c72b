import GRDB
import MailModel

/// Verifies a state directory: the log's records by their checksums, the index against them, and the
/// index within itself. Changes nothing, never throws for what is wrong.
package struct StateCheck: Sendable {
    /// What is done, how much of it, of how much.
    package typealias Progress = (String, Int, Int?) -> Void

    let index: String
    let spool: String
    /// Nobody uses the directory, so what nothing refers to has been left behind.
    let isOffline: Bool

    /// For a directory that no server uses: the caller holds `StateLock`.
    package init(offline directory: String) {
        index = directory + "/index.sqlite"
        spool = directory + "/spool"
        isOffline = true
    }

    /// For one that a server may be using.
    package init(_ snapshot: StateSnapshot) {
        index = snapshot.index
        spool = snapshot.spool
        isOffline = false
    }

    /// - Throws: when a file can't be read at all.
    package func run(progress: Progress = { _, _, _ in }) throws -> CheckReport {
        var report = CheckReport()
        do {
            try run(&report, progress)
        } catch let error as DatabaseError {
            report.add(.damage, "index", "can't be read: \(error)")
            report.isIndexBroken = true
        }
        return report
    }

    private func run(_ report: inout CheckReport, _ progress: Progress) throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        let queue = try DatabaseQueue(path: index, configuration: configuration)
        try queue.read { db in
            progress("checking the index", 0, nil)
            guard try isSound(db, &report) else {
                report.isIndexBroken = true
                return
            }
            var log = try LogCheck(db, spool: spool, isOffline: isOffline)
            try log.run(&report, progress)
            try IndexCheck(db).run(&report, progress)
            try QueueCheck(db).run(&report, progress)
        }
        try queue.close()
    }

    /// Whether the rows can be believed.
    private func isSound(_ db: Database, _ report: inout CheckReport) throws -> Bool {
        let problems = try String.fetchAll(db, sql: "PRAGMA integrity_check(100)")
        guard problems == ["ok"] else {
            for problem in problems { report.add(.damage, "index", problem) }
            return false
        }
        let migrator = IndexSchema.migrator
        guard try !migrator.appliedIdentifiers(db).isEmpty else {
            report.add(.damage, "index", "has no tables")
            return false
        }
        if try migrator.hasBeenSuperseded(db) {
            report.add(.damage, "index", "was written by a newer version of this server")
            return false
        }
        guard try migrator.hasCompletedMigrations(db) else {
            report.isOutdated = true
            report.add(
                .damage, "index", "was written by an older version: start the server once, then check")
            return false
        }
        return true
    }
}
