import Testing
import TestSupport

/// Mailboxes, their lists, quotas, rights and metadata, on the built server.
@Suite(.serialized, .ownThreads) struct IMAPMailboxesTests {
    private let server: RunningMartlet
    private let user: SampleUsers.User
    private let client: IMAPMessagesClient

    init() throws {
        server = try RunningMartlet.shared.get()
        user = server.newUser()
        client = try IMAPMessagesClient(server, user, select: nil)
    }

    private func expect(
        _ command: String, _ lines: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(
            try Array(client.ok(command).dropLast()) == lines, "\(command)",
            sourceLocation: sourceLocation)
    }

    @Test func firstLogin() throws {
        try expect(
            "LIST \"\" *",
            [
                #"* LIST (\HasNoChildren) "/" INBOX"#,
                #"* LIST (\HasNoChildren \Archive) "/" Archive"#,
                #"* LIST (\HasNoChildren \Drafts) "/" Drafts"#,
                #"* LIST (\HasNoChildren \Junk) "/" Junk"#,
                #"* LIST (\HasNoChildren \Sent) "/" Sent"#,
                #"* LIST (\HasNoChildren \Trash) "/" Trash"#,
            ])
        #expect(try client.ok("LSUB \"\" *").count == 7)
        try expect("LIST \"\" \"\"", [#"* LIST (\NoSelect) "/" """#])
        try expect("NAMESPACE", [#"* NAMESPACE (("" "/")) (("Other Users/" "/")) NIL"#])
    }

    @Test func hierarchy() throws {
        try client.no("CREATE a/b/c", "OK [MAILBOXID (")
        try client.no("CREATE a/b/c", "NO [ALREADYEXISTS]")
        try client.no("CREATE inbox", "NO [ALREADYEXISTS]")
        for name in ["a//b", "/a", "../x", "#news", "\"\"", "\"Other Users\"", "a/./b", "&AC8-"] {
            try client.no("CREATE \(name)", "NO [CANNOT]")
        }
        try expect("LIST \"\" a*", [
            #"* LIST (\NonExistent \NoSelect \HasChildren) "/" a"#,
            #"* LIST (\NonExistent \NoSelect \HasChildren) "/" a/b"#,
            #"* LIST (\HasNoChildren) "/" a/b/c"#,
        ])
        try client.no("DELETE a", "NO [HASCHILDREN]")
        try client.no("DELETE INBOX", "NO [CANNOT]")
        try client.no("DELETE nothing", "NO [NONEXISTENT]")
        try client.no("STATUS a (MESSAGES)", "NO [NONEXISTENT]")
        try client.ok("CREATE a/")
        try client.no("RENAME a a/d", "NO [CANNOT]")
        try client.no("RENAME a Sent", "NO [ALREADYEXISTS]")
        try client.ok("RENAME a new/name")
        try expect("LIST \"\" (a* new*)", [
            #"* LIST (\NonExistent \HasChildren) "/" new"#,
            #"* LIST (\HasChildren) "/" new/name"#,
            #"* LIST (\NonExistent \HasChildren) "/" new/name/b"#,
            #"* LIST (\HasNoChildren) "/" new/name/b/c"#,
        ])
        try client.ok("DELETE new/name")
        try expect("LIST \"\" new/%", [
            #"* LIST (\NonExistent \NoSelect \HasChildren) "/" new/name"#
        ])
    }

    @Test func inboxIsRenamed() throws {
        try client.ok("CREATE INBOX/kept")
        try client.append("Subject: x\r\n\r\n")
        try client.ok("RENAME INBOX old")
        try expect("STATUS old (MESSAGES)", ["* STATUS old (MESSAGES 1)"])
        try expect("STATUS inbox (MESSAGES)", ["* STATUS INBOX (MESSAGES 0)"])
        try expect("LIST \"\" inbox/%", [#"* LIST (\HasNoChildren) "/" INBOX/kept"#])
    }

    @Test func deletingTheSelectedMailbox() throws {
        try client.ok("CREATE here")
        try client.ok("SELECT here")
        #expect(try client.ok("DELETE here").contains { $0.hasPrefix("* OK [CLOSED]") })
        try client.no("FETCH 1 FLAGS", "BAD")
        try client.ok("NOOP")
    }

    @Test func extendedLists() throws {
        try client.ok("SUBSCRIBE gone/below")
        try client.ok("CREATE mine (USE (\\Archive))")
        try client.no("CREATE all (USE (\\All))", "NO [USEATTR]")
        try expect("LIST (SUBSCRIBED) \"\" gone*", [
            #"* LIST (\NonExistent \HasNoChildren \Subscribed) "/" gone/below"#
        ])
        try expect("LIST (SUBSCRIBED RECURSIVEMATCH) \"\" (gone I%)", [
            #"* LIST (\HasNoChildren \Subscribed) "/" INBOX"#,
            #"* LIST (\NonExistent \HasNoChildren) "/" gone ("CHILDINFO" ("SUBSCRIBED"))"#,
        ])
        try client.no("LIST (RECURSIVEMATCH) \"\" *", "BAD")
        try expect("LIST (SPECIAL-USE) \"\" %i%e", [
            #"* LIST (\HasNoChildren \Archive) "/" Archive"#,
            #"* LIST (\HasNoChildren \Archive) "/" mine"#,
        ])
        try expect("LSUB \"\" gon%", [#"* LSUB (\NoSelect) "/" gone"#])
        try client.ok("UNSUBSCRIBE gone/below")
        try expect("LSUB \"\" gon*", [])
        try client.append("Subject: x\r\n\r\n")
        try expect(
            "LIST \"\" INBOX RETURN (SUBSCRIBED MYRIGHTS STATUS (MESSAGES UNSEEN SIZE DELETED))",
            [
                #"* LIST (\HasNoChildren \Subscribed) "/" INBOX"#,
                "* STATUS INBOX (MESSAGES 1 UNSEEN 1 SIZE 14 DELETED 0)",
                "* MYRIGHTS INBOX lrswipkxteacd",
            ])
        let long = String(repeating: "%a*", count: 700)
        try client.no("LIST \"\" (\(long) \(long))", "NO [LIMIT]")
    }

    @Test func namesInAllScripts() throws {
        try client.ok("CREATE M&APw-ll/&ZeVnLIqe-")
        try expect("LIST \"\" M*", [
            #"* LIST (\NonExistent \NoSelect \HasChildren) "/" M&APw-ll"#,
            #"* LIST (\HasNoChildren) "/" M&APw-ll/&ZeVnLIqe-"#,
        ])
        try client.ok("ENABLE IMAP4rev2")
        try expect("LIST \"\" \"M*\"", [
            "* LIST (\\NonExistent \\NoSelect \\HasChildren) \"/\" \"M\u{fc}ll\"",
            "* LIST (\\HasNoChildren) \"/\" \"M\u{fc}ll/日本語\"",
        ])
        let made = try client.ok("CREATE \"Cafe\u{301}\"")
        // Strings that are canonically equal are equal in Swift: octets count here.
        #expect(
            Array((made.first ?? "").utf8)
                == Array("* LIST (\\HasNoChildren) \"/\" \"Caf\u{e9}\" (\"OLDNAME\" (\"Cafe\u{301}\"))".utf8))
        let selected = try client.ok("SELECT \"Cafe\u{301}\"")
        #expect(selected.contains { $0.utf8.elementsEqual((made.first ?? "").utf8) }, "\(selected)")
        try client.ok("CREATE Sent/Old")
        let sent = try client.ok("SELECT Sent")
        #expect(sent.contains(#"* LIST (\HasChildren \Sent) "/" Sent"#), "\(sent)")
        try client.ok("SELECT inbox")
        #expect(try client.ok("LIST \"\" \"CAFE\"").count == 1)
        #expect(try client.ok("LIST \"\" \"Cafe\u{301}\"").count == 2)
        try client.ok("DELETE \"Caf\u{e9}\"")
    }

    /// RFC 9051 sections 6.3.5, 6.3.6, 6.3.9.7 and 6.3.12. Strings that are canonically equal are equal in
    /// Swift: octets count here.
    @Test func namesThatAreNormalized() throws {
        func check(_ command: String, _ expected: [String], sourceLocation: SourceLocation = #_sourceLocation) throws {
            let told = try client.ok(command).filter { $0.hasPrefix("* LIST") }
            #expect(
                told.map { Array($0.utf8) } == expected.map { Array($0.utf8) }, "\(told)", sourceLocation: sourceLocation)
        }
        let message = "Subject: x\r\n\r\n"
        let literal = "{\(message.utf8.count)+}\r\n\(message)"
        try client.ok("CREATE norm1")
        try client.ok("ENABLE UTF8=ACCEPT")
        try check("RENAME norm1 \"norm\u{e9}\"", [])
        try check("APPEND \"norme\u{301}\" \(literal)", [])
        try client.ok("ENABLE IMAP4rev2")
        try check("APPEND \"norm\u{e9}\" \(literal)", [])
        try check(
            "APPEND \"norme\u{301}\" \(literal)",
            ["* LIST (\\HasNoChildren) \"/\" \"norm\u{e9}\" (\"OLDNAME\" (\"norme\u{301}\"))"])
        try check(
            "RENAME \"norme\u{301}\" norm2",
            ["* LIST (\\HasNoChildren) \"/\" norm2 (\"OLDNAME\" (\"norme\u{301}\"))"])
        // The new name alone.
        try check(
            "RENAME norm2 \"norme\u{301}\"",
            ["* LIST (\\HasNoChildren) \"/\" \"norm\u{e9}\" (\"OLDNAME\" (norm2))"])
        try check("RENAME \"norm\u{e9}\" norm3", [])
        try check("RENAME norm3 \"norm\u{e9}\"", [])
        try check(
            "DELETE \"norme\u{301}\"",
            ["* LIST (\\NonExistent \\HasNoChildren) \"/\" \"norm\u{e9}\" (\"OLDNAME\" (\"norme\u{301}\"))"])
        try client.ok("CREATE norm4")
        try check("DELETE norm4", [])
    }

    @Test func statusOfEverything() throws {
        try client.append("Subject: x\r\n\r\nbody\r\n", to: "INBOX", "(\\Deleted) ")
        let text = try client.text(
            "STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE HIGHESTMODSEQ "
                + "MAILBOXID APPENDLIMIT DELETED-STORAGE)")
        for part in [
            "MESSAGES 1 ", "UIDNEXT 2 ", "UNSEEN 1 ", "DELETED 1 ", "SIZE 20 ", "MAILBOXID (",
            "DELETED-STORAGE 20)",
        ] {
            #expect(text.contains(part), "\(text)")
        }
    }

    // MARK: Quota

    @Test func quota() throws {
        try server.change(user, "replace: martletQuota\nmartletQuota: 10K\n")
        // The answer from before may be used for a while.
        let other = try IMAPMessagesClient(server, user, select: nil)
        let text = try other.text("GETQUOTAROOT INBOX")
        #expect(text.hasPrefix("* QUOTAROOT INBOX \"User quota\"\r\n* QUOTA \"User quota\" ("))
        try other.no("GETQUOTA nothing", "NO [NONEXISTENT]")
        try other.no("GETQUOTAROOT nothing", "NO [NONEXISTENT]")
        try other.no("SETQUOTA \"User quota\" (STORAGE 20)", "NO [NOPERM]")
        try other.no("SETQUOTA \"User quota\" (NONSENSE 20)", "NO [CANNOT]")
    }

    // MARK: Metadata

    @Test func metadata() throws {
        try client.ok("SETMETADATA INBOX (/private/Comment \"mine\" /shared/comment \"ours\")")
        try expect("GETMETADATA INBOX (/PRIVATE/comment /shared/none)", [
            "* METADATA INBOX (/private/comment \"mine\" /shared/none NIL)"
        ])
        try client.ok("SETMETADATA INBOX (/shared/vendor/x/a/b \"deep\")")
        try expect("GETMETADATA (DEPTH 1) INBOX /shared/vendor/x", [])
        try expect("GETMETADATA (DEPTH infinity) INBOX /shared", [
            "* METADATA INBOX (/shared/comment \"ours\" /shared/vendor/x/a/b \"deep\")"
        ])
        let answer = try client.ok("GETMETADATA (MAXSIZE 3) INBOX /private/comment")
        #expect(answer == ["OK [METADATA LONGENTRIES 4] GETMETADATA completed"])
        try client.ok("SETMETADATA INBOX (/private/comment NIL)")
        try expect("GETMETADATA INBOX /private/comment", [
            "* METADATA INBOX (/private/comment NIL)"
        ])
        try client.no("SETMETADATA INBOX (/comment \"x\")", "BAD")
        let long = String(repeating: "x", count: 65_537)
        try client.no(
            "SETMETADATA INBOX (/private/long {65537+}\r\n\(long))", "NO [METADATA MAXSIZE 65536]")
        try client.no("SETMETADATA none (/private/a \"x\")", "NO [NONEXISTENT]")
        try client.no("SETMETADATA \"\" (/shared/comment \"x\")", "NO [NOPERM]")
        try client.ok("SETMETADATA \"\" (/private/vendor/a/b \"x\")")
        try expect("GETMETADATA \"\" (/private/vendor/a/b /shared/admin)", [
            "* METADATA \"\" (/private/vendor/a/b \"x\" /shared/admin \"mailto:postmaster@example.org\")"
        ])
        try expect("LIST \"\" INBOX RETURN (METADATA (/shared/comment))", [
            #"* LIST (\HasNoChildren) "/" INBOX"#, "* METADATA INBOX (/shared/comment \"ours\")",
        ])
        try client.ok("CREATE use")
        try client.ok("SETMETADATA use (/private/specialuse \"\\\\Important\")")
        try expect("LIST \"\" use", [#"* LIST (\HasNoChildren \Important) "/" use"#])
        try client.no("SETMETADATA use (/private/specialuse \"\\\\Nonsense\")", "NO [USEATTR]")
        for number in 0..<9 {
            let entries = (0..<100).map { "/private/n\(number * 100 + $0) \"\"" }
            _ = try client.ask("SETMETADATA use (\(entries.joined(separator: " ")))")
        }
        try client.no("SETMETADATA use (/private/more \"x\")", "NO [METADATA TOOMANY]")
    }
}
