import GRDB

/// The tables of `index.sqlite`. Ids of messages are queue ids; times are milliseconds since 1970.
enum IndexSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in try db.execute(sql: version1) }
        migrator.registerMigration("2") { db in try db.execute(sql: version2) }
        migrator.registerMigration("3") { db in try db.execute(sql: version3) }
        migrator.registerMigration("4") { db in try db.execute(sql: version4) }
        migrator.registerMigration("5") { db in try db.execute(sql: version5) }
        return migrator
    }

    private static let version5 = """
        -- conversion: 1 where clients that take lines and ASCII headers may need another form of the
        -- message than the stored one. Messages from before this version have 0.
        ALTER TABLE mailbox_messages ADD COLUMN conversion INTEGER NOT NULL DEFAULT 0;
        """

    private static let version4 = """
        -- delivered: who has a copy, 16 octets each: no other address leads to another. Accounts, and hashes
        -- of addresses at other hosts behind a mark of zeros (DeliveredCopies).
        ALTER TABLE queue ADD COLUMN delivered BLOB NOT NULL DEFAULT x'';
        """

    private static let version3 = """
        -- Mailboxes that are gone, but for messages that are still to be removed.
        CREATE TABLE deleted_mailboxes (id INTEGER PRIMARY KEY);
        """

    private static let version2 = """
        -- Messages accepted before meta's place in the log that are neither settled nor in the
        -- tables: for each its id, and the segment and offset where its record begins, 8 octets each.
        CREATE TABLE transit (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            messages BLOB NOT NULL
        );
        INSERT INTO transit VALUES (1, x'');
        """

    private static let version1 = """
        -- Records of the log before (segment, offset) are applied; ids below id_ceiling may be
        -- in use.
        CREATE TABLE meta (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            segment INTEGER NOT NULL,
            offset INTEGER NOT NULL,
            id_ceiling INTEGER NOT NULL
        );
        INSERT INTO meta VALUES (1, 1, 0, 1);

        -- live: octets of the segment that a message refers to.
        CREATE TABLE segments (
            number INTEGER PRIMARY KEY,
            total INTEGER NOT NULL,
            live INTEGER NOT NULL
        );

        -- uidvalidity: the last one given to a mailbox of the account.
        CREATE TABLE accounts (
            id INTEGER PRIMARY KEY,
            uuid BLOB NOT NULL UNIQUE,
            uidvalidity INTEGER NOT NULL
        );

        -- The counters are those of mailbox_messages. remembered: rows in expunged;
        -- expunged_floor: the mod-sequence up to which there may have been more;
        -- recent: UIDs from it on have not been in any session.
        CREATE TABLE mailboxes (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            account INTEGER NOT NULL,
            name TEXT NOT NULL,
            uidvalidity INTEGER NOT NULL,
            uidnext INTEGER NOT NULL,
            modseq INTEGER NOT NULL,
            messages INTEGER NOT NULL,
            unseen INTEGER NOT NULL,
            deleted INTEGER NOT NULL,
            deleted_bytes INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            special_uses INTEGER NOT NULL,
            remembered INTEGER NOT NULL,
            expunged_floor INTEGER NOT NULL,
            recent INTEGER NOT NULL,
            UNIQUE (account, name)
        );

        -- Names need not be those of mailboxes.
        CREATE TABLE subscriptions (
            account INTEGER NOT NULL,
            name TEXT NOT NULL,
            PRIMARY KEY (account, name)
        ) WITHOUT ROWID;

        CREATE TABLE access (
            mailbox INTEGER NOT NULL,
            identifier TEXT NOT NULL,
            rights TEXT NOT NULL,
            PRIMARY KEY (mailbox, identifier)
        ) WITHOUT ROWID;
        CREATE INDEX access_identifier ON access (identifier);

        -- mailbox 0: of the server, as the account sees it.
        CREATE TABLE annotations (
            mailbox INTEGER NOT NULL,
            account INTEGER NOT NULL,
            name TEXT NOT NULL,
            value BLOB NOT NULL,
            PRIMARY KEY (mailbox, account, name)
        ) WITHOUT ROWID;

        -- Sets of keywords, never changed; names: joined by spaces, in order.
        CREATE TABLE keyword_sets (
            id INTEGER PRIMARY KEY,
            names TEXT NOT NULL
        );

        -- Keywords that a mailbox's messages have or had, as they were first spelled there.
        CREATE TABLE mailbox_keywords (
            mailbox INTEGER NOT NULL,
            name TEXT NOT NULL,
            PRIMARY KEY (mailbox, name)
        ) WITHOUT ROWID;

        -- segment 0: in a file of its own. refs: mailboxes it is in, and one for the queue.
        CREATE TABLE messages (
            id INTEGER PRIMARY KEY,
            segment INTEGER NOT NULL,
            offset INTEGER NOT NULL,
            size INTEGER NOT NULL,
            refs INTEGER NOT NULL
        );

        -- keywords: number of a set, 0 is the empty one. size: of the stored bytes. saved: when it
        -- came into this mailbox. What a scan of the mailbox reads stands first.
        CREATE TABLE mailbox_messages (
            mailbox INTEGER NOT NULL,
            uid INTEGER NOT NULL,
            flags INTEGER NOT NULL,
            keywords INTEGER NOT NULL,
            modseq INTEGER NOT NULL,
            size INTEGER NOT NULL,
            message INTEGER NOT NULL,
            date INTEGER NOT NULL,
            saved INTEGER NOT NULL,
            header BLOB NOT NULL,
            PRIMARY KEY (mailbox, uid)
        ) WITHOUT ROWID;

        -- What QRESYNC (RFC 7162) tells a client that was away.
        CREATE TABLE expunged (
            mailbox INTEGER NOT NULL,
            uid INTEGER NOT NULL,
            modseq INTEGER NOT NULL,
            PRIMARY KEY (mailbox, uid)
        ) WITHOUT ROWID;

        -- next_number: for the next recipient that is added.
        CREATE TABLE queue (
            message INTEGER PRIMARY KEY,
            arrival INTEGER NOT NULL,
            next_number INTEGER NOT NULL,
            envelope BLOB NOT NULL
        );

        CREATE TABLE queue_recipients (
            message INTEGER NOT NULL,
            number INTEGER NOT NULL,
            state INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            next_attempt INTEGER NOT NULL,
            delay_reported INTEGER NOT NULL,
            routed BLOB NOT NULL,
            error BLOB,
            PRIMARY KEY (message, number)
        ) WITHOUT ROWID;
        """
}
