extension CommandFuzz {
    /// Commands of every kind, for tests that cut or damage them.
    package static let samples = [
        "NOOP", "CAPABILITY", "ID (\"name\" \"x\" \"version\" NIL)", "ID NIL", "STARTTLS",
        "LOGIN alice \"se\\\"cret\"", "LOGIN {5}\r\nalice {6+}\r\nsecret", "AUTHENTICATE PLAIN AGEAYg==",
        "ENABLE CONDSTORE UTF8=ACCEPT", "SELECT \"INBOX\" (QRESYNC (67890007 20050715194045000 41,43:211 (1,3 5,9)))",
        "CREATE Sent (USE (\\Sent \\Drafts))", "RENAME &AOk-t&AOk- b", "LIST (SUBSCRIBED RECURSIVEMATCH) \"\" (\"a%\" {2+}\r\n** c) RETURN (CHILDREN STATUS (MESSAGES UNSEEN) METADATA (/private/comment))",
        "LSUB \"\" *", "STATUS INBOX (MESSAGES SIZE DELETED-STORAGE)", "SETQUOTA \"\" (STORAGE 512 MESSAGE 10)",
        "SETACL a/b bob +lrs", "GETMETADATA (MAXSIZE 1024 DEPTH infinity) \"\" (/shared/a /private/b)",
        "SETMETADATA a (/private/x NIL /shared/y ~{4+}\r\n\u{0}\r\n\u{1} /private/z {3}\r\nabc)",
        "NOTIFY SET STATUS (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (From)]) MessageExpunge)) (subtree (a b) NONE)",
        "ESEARCH IN (mailboxes (a b) subtree-one c) RETURN (COUNT PARTIAL -1:-10) UNSEEN",
        "UID FETCH 1:*,5 (FLAGS)", "FETCH $ ALL", "UID FETCH 1:* (UID FLAGS MODSEQ BODY.PEEK[1.2.HEADER.FIELDS.NOT (A B)]<0.100> BINARY[1]<1.2> PREVIEW (LAZY)) (CHANGEDSINCE 12345 VANISHED)",
        "STORE 1,2:3 (UNCHANGEDSINCE 5) +FLAGS.SILENT (\\Seen $Forwarded)", "STORE 1 -FLAGS \\Deleted a b",
        "UID COPY 1:* \"Sent Items\"", "UID EXPUNGE 1:5", "MOVE 1 {7+}\r\nArchive",
        "SEARCH RETURN (MIN SAVE) CHARSET UTF-8 OR (SUBJECT {4+}\r\nabcd NOT SEEN) FUZZY BODY \"x y\" 1:5 SINCE 1-Feb-1994",
        "UID SORT RETURN (ALL) (REVERSE DATE SUBJECT) UTF-8 MODSEQ \"/flags/\\\\Seen\" all 5", "THREAD REFERENCES UTF-8 ALL",
        "CANCELUPDATE \"A1\" \"A2\"",
        "APPEND INBOX {3}\r\nabc", "APPEND {5+}\r\nSaved (\\Seen x) \" 1-Feb-1994 01:02:03 -0500\" ~{4+}\r\n\u{0}\r\nb {0+}\r\n",
        "APPEND a CATENATE (URL \"/b;UID=1\" TEXT {3+}\r\nabc URL {2+}\r\nxy UTF8 (~{1+}\r\nz))",
        "APPEND a UTF8 (~{4+}\r\nabcd)", "UID REPLACE 7 INBOX () {4}\r\nabcd", "REPLACE * b {1+}\r\n\r",
    ]
}
