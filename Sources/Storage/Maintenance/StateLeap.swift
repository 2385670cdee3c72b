import GRDB

/// Moves a restored state directory's numbers beyond all that were given out after its backup was
/// made. Otherwise new mail would get UIDs that clients know as those of other messages, and they
/// would never show it (RFC 9051 section 2.3.1.1 forbids that).
///
/// What came after the backup is gone: clients that ask by mod-sequence are told so, because the
/// mailbox no longer remembers what was expunged when.
package enum StateLeap {
    package enum Failure: Error {
        /// The index has no tables, or is damaged, or a newer version's.
        case unusable(String)
        /// There is no room for what it takes; the index is none the worse for it.
        case full(String)
        /// The index could not be read or written, whatever it has.
        case prevented(String)
    }

    /// More messages than a mailbox gets between a backup and its use; ids and mod-sequences likewise.
    private static let uids = 1_000_000
    private static let modSequences = 1_000_000_000
    private static let ids = 1 << 36
    private static let mailboxes = 1_000_000

    /// One transaction, after those that make an older version's index one of this version. The caller
    /// holds `StateLock`.
    package static func run(_ directory: String) throws(Failure) {
        do {
            try leap(directory)
        } catch {
            throw Failure(error)
        }
    }

    /// - Throws: `StorageError` when the index is none, or a newer version's; an error of SQLite.
    private static func leap(_ directory: String) throws {
        let queue = try DatabaseQueue(path: directory + "/index.sqlite")
        try queue.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
        let migrator = IndexSchema.migrator
        try queue.read { db in
            guard try !migrator.appliedIdentifiers(db).isEmpty else {
                throw StorageError("the index has no tables")
            }
            guard try !migrator.hasBeenSuperseded(db) else {
                throw StorageError("the index was written by a newer version of this server")
            }
        }
        try migrator.migrate(queue)
        try queue.writeWithoutTransaction { db in
            try db.inTransaction {
                try db.execute(
                    sql: """
                        UPDATE meta SET id_ceiling = id_ceiling + \(ids);
                        UPDATE sqlite_sequence SET seq = seq + \(mailboxes)
                        WHERE name = 'mailboxes';
                        UPDATE mailboxes SET
                            uidnext = uidnext + min(\(uids), (\(UInt32.max) - uidnext) / 2),
                            modseq = modseq + \(modSequences),
                            expunged_floor = modseq + \(modSequences), remembered = 0;
                        DELETE FROM expunged;
                        """)
                return .commit
            }
        }
        try queue.close()
    }
}

extension StateLeap.Failure {
    /// - Parameter error: a `StorageError`, or one of SQLite.
    init(_ error: any Error) {
        switch (error as? DatabaseError)?.resultCode.primaryResultCode {
        case .SQLITE_FULL: self = .full("\(error)")
        case .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_NOMEM, .SQLITE_BUSY,
            .SQLITE_LOCKED:
            self = .prevented("\(error)")
        default: self = .unusable("\(error)")
        }
    }
}
