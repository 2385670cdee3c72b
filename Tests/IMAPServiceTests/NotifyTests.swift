import Testing

@testable import MailServer

@Suite(.timeLimit(.minutes(20))) struct NotifyTests {
    @Test func refusesWhatMakesNoSense() async throws {
        try await withServer { server in
            try await server.session { client in
                let rows = [
                    ("SET (SELECTED (MessageNew))", "BAD"),
                    ("SET (SELECTED (MessageExpunge))", "BAD"),
                    ("SET (PERSONAL (FlagChange))", "OK"),
                    ("SET (SELECTED (MailboxName))", "BAD"),
                    ("SET (PERSONAL (MessageNew (UID) MessageExpunge))", "BAD"),
                    ("SET (SELECTED NONE) (SELECTED-DELAYED NONE)", "BAD"),
                    ("SET (PERSONAL (MessageNew MessageExpunge AnnotationChange))", "NO [BADEVENT (MessageNew "),
                ]
                for (parameters, reply) in rows { try await client.expect("NOTIFY \(parameters)", reply) }
                try await client.ok("NOTIFY NONE")
            }
        }
    }

    @Test func tellsOfOtherMailboxes() async throws {
        try await withServer { server in
            try await server.session { client in
                try await client.ok("CREATE Lists/one")
                try await client.ok("SELECT INBOX")
                let reply = try await client.ok(
                    "NOTIFY SET STATUS (SELECTED (MessageNew (UID FLAGS) MessageExpunge FlagChange))"
                        + " (SUBTREE Lists (MessageNew MessageExpunge))"
                        + " (PERSONAL (MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange))")
                #expect(reply.all("STATUS").count == 1)
                #expect(reply.untagged[0].hasPrefix("STATUS Lists/one (MESSAGES 0 UIDNEXT 1 UIDVALIDITY "))
                try await server.session { other in
                    try await other.append("Lists/one")
                    #expect(try await client.line()?.hasPrefix("* STATUS Lists/one (MESSAGES 1 UIDNEXT 2 ") == true)
                    // Not asked for.
                    try await other.append("Sent")
                    // Two groups name it.
                    try await other.ok("CREATE Lists/two")
                    #expect(try await client.line() == "* LIST (\\HasNoChildren) \"/\" Lists/two")
                    #expect(
                        try await client.line() == "* LIST (\\NonExistent \\HasChildren) \"/\" Lists")
                    try await other.ok("CREATE Box")
                    #expect(try await client.line() == "* LIST (\\HasNoChildren) \"/\" Box")
                    try await other.ok("RENAME Box Case")
                    #expect(
                        try await client.line()
                            == "* LIST (\\HasNoChildren) \"/\" Case (\"OLDNAME\" (Box))")
                    try await other.ok("SUBSCRIBE Case")
                    #expect(
                        try await client.line() == "* LIST (\\HasNoChildren \\Subscribed) \"/\" Case")
                    try await other.ok("SUBSCRIBE None")
                    #expect(
                        try await client.line()
                            == "* LIST (\\NonExistent \\HasNoChildren \\Subscribed) \"/\" None")
                    try await other.ok("CREATE Case/below")
                    #expect(try await client.line() == "* LIST (\\HasNoChildren) \"/\" Case/below")
                    #expect(try await client.line() == "* LIST (\\HasChildren) \"/\" Case")
                    try await other.ok("DELETE Case/below")
                    #expect(
                        try await client.line()
                            == "* LIST (\\NonExistent \\HasNoChildren) \"/\" Case/below")
                    #expect(try await client.line() == "* LIST (\\HasNoChildren) \"/\" Case")
                    try await other.ok("SETMETADATA Case (/private/comment \"x\")")
                    #expect(try await client.line() == "* METADATA Case /private/comment")
                    try await other.ok("DELETE Case")
                    #expect(
                        try await client.line() == "* LIST (\\NonExistent \\HasNoChildren) \"/\" Case")
                    try await other.append("INBOX", flags: "(\\Flagged)")
                    #expect(try await client.line() == "* 1 EXISTS")
                    #expect(try await client.line() == "* 1 FETCH (UID 1 FLAGS (\\Flagged))")
                    try await other.ok("SELECT INBOX")
                    try await other.ok("STORE 1 FLAGS (\\Deleted)")
                    #expect(try await client.line() == "* 1 FETCH (UID 1 FLAGS (\\Deleted))")
                    try await other.ok("EXPUNGE")
                    #expect(try await client.line() == "* 1 EXPUNGE")
                }
            }
        }
    }

    @Test func delayedExpungesWaitForACommand() async throws {
        try await withServer { server in
            try await server.session { client in
                try await client.append(flags: "(\\Deleted)")
                try await client.append()
                try await client.ok("SELECT INBOX")
                try await client.ok("NOTIFY SET (SELECTED-DELAYED (MessageNew MessageExpunge))")
                try await server.session { other in
                    try await other.ok("SELECT INBOX")
                    try await other.ok("EXPUNGE")
                    try await other.append()
                    #expect(try await client.line() == "* 3 EXISTS")
                    #expect(try await client.ok("NOOP").untagged == ["1 EXPUNGE"])
                    // None but what was asked for.
                    try await other.ok("STORE 1 +FLAGS (\\Seen)")
                    #expect(try await client.ok("NOOP").untagged.isEmpty)
                    try await client.ok("NOTIFY NONE")
                    let tag = try await client.begin("IDLE")
                    #expect(try await client.line() == "+ idling")
                    try await other.append()
                    try await client.send("DONE\r\n")
                    #expect(try await client.reply(tag).untagged.isEmpty)
                }
            }
        }
    }

    /// RFC 5465 sections 3.1 and 5: nothing is told of the selected mailbox, which stays as it was; what
    /// commands ask for is answered.
    @Test(arguments: [
        "NONE", "SET (PERSONAL (MessageNew MessageExpunge))", "SET (SELECTED NONE) (PERSONAL (MailboxName))",
    ]) func nothingIsToldOfASnapshot(_ none: String) async throws {
        try await withServer { server in
            try await server.session { client in
                for _ in 1...5 { try await client.append() }
                try await client.ok("SELECT INBOX")
                try await client.ok("NOTIFY \(none)")
                try await server.session { other in
                    try await other.ok("SELECT INBOX")
                    try await other.ok("STORE 1:2 +FLAGS.SILENT (\\Deleted)")
                    try await other.ok("UID EXPUNGE 1")
                    try await other.append()
                    try await other.ok("STORE 2 +FLAGS.SILENT (\\Flagged)")
                }
                for command in ["NOOP", "CHECK", "STATUS Sent (MESSAGES)", "NOTIFY NONE"] {
                    let reply = try await client.ok(command)
                    #expect(reply.all("EXISTS").isEmpty && reply.all("EXPUNGE").isEmpty && reply.all("FETCH").isEmpty)
                }
                // The numbers are those of before, the flags those of now.
                #expect(try await client.ok("FETCH 2:* (UID FLAGS)").untagged == [
                    "2 FETCH (UID 2 FLAGS (\\Deleted))", "3 FETCH (UID 3 FLAGS (\\Flagged))",
                    "4 FETCH (UID 4 FLAGS ())", "5 FETCH (UID 5 FLAGS ())",
                ])
                #expect(try await client.ok("UID FETCH 6 FLAGS").untagged.isEmpty)
                #expect(try await client.ok("STORE 4 +FLAGS (\\Seen)").untagged == ["4 FETCH (FLAGS (\\Seen))"])
                try await client.append()
                // What it does itself is part of the answer, and of that alone.
                #expect(try await client.ok("EXPUNGE").untagged == ["2 EXPUNGE"])
                #expect(try await client.ok("MOVE 4 Sent").untagged.last == "4 EXPUNGE")
                // The one that went first is in the snapshot still.
                #expect(try await client.ok("SEARCH UID 1:*").untagged == ["SEARCH 2 3"])
                let reply = try await client.ok("NOTIFY SET (SELECTED-DELAYED (MessageNew MessageExpunge))")
                #expect(reply.untagged == ["1 EXPUNGE", "4 EXISTS", "1 FETCH (FLAGS (\\Flagged))"])
                #expect(try await client.ok("FETCH 1:* (UID)").untagged.count == 4)
            }
        }
    }

    /// RFC 5465 section 3.1: SET tells what has gathered, even to a client that wants nothing from then on.
    @Test func setTellsWhatHasGathered() async throws {
        try await withServer { server in
            try await server.session { client in
                try await client.append()
                try await client.ok("SELECT INBOX")
                try await client.ok("NOTIFY NONE")
                try await server.session { other in
                    try await other.append()
                    #expect(try await client.ok("NOOP").untagged.isEmpty)
                    #expect(try await client.ok("NOTIFY SET (PERSONAL (MailboxName))").untagged == ["2 EXISTS"])
                    try await other.append()
                    #expect(try await client.ok("NOOP").untagged.isEmpty)
                }
                // Another mailbox, or this one anew, is told of as ever.
                #expect(try await client.ok("SELECT INBOX").has("3 EXISTS"))
            }
        }
    }

    /// A client of QRESYNC learns which mod-sequence all that it was told is complete up to.
    @Test func snapshotsHoldTheModSequenceBack() async throws {
        try await withServer { server in
            try await server.session { client in
                for _ in 1...2 { try await client.append() }
                try await client.ok("ENABLE QRESYNC")
                let selected = try await client.ok("SELECT INBOX")
                let known = try #require(selected.all("OK [HIGHESTMODSEQ ").first)
                try await client.ok("NOTIFY NONE")
                try await server.session { other in
                    try await other.ok("SELECT INBOX")
                    try await other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
                    try await other.ok("EXPUNGE")
                }
                let code = known.prefix { $0 != "]" }
                let stored = try await client.ok("STORE 2 +FLAGS (\\Deleted)")
                #expect(stored.all(String(code)).count == 1 && stored.all("FETCH").count == 1)
                let expunged = try await client.ok("EXPUNGE")
                #expect(expunged.tagged.hasPrefix(String(code)) && expunged.has("VANISHED 2"))
            }
        }
    }

    @Test func tellsOfSharedMailboxesWhileTheyAreShared() async throws {
        try await withServer { server in
            try await server.session("bob") { bob in
                try await bob.ok("CREATE Team")
                try await bob.ok("SETACL Team alice lr")
                try await server.session { alice in
                    let reply = try await alice.ok(
                        "NOTIFY SET STATUS (MAILBOXES \"Other Users/bob/Team\" (MessageNew MessageExpunge))")
                    #expect(reply.all("STATUS \"Other Users/bob/Team\" (MESSAGES 0 ").count == 1)
                    try await bob.append("Team")
                    // A mailbox that nobody shares.
                    try await bob.append("Sent")
                    #expect(
                        try await alice.line()?
                            .hasPrefix("* STATUS \"Other Users/bob/Team\" (MESSAGES 1 ") == true)
                    try await bob.ok("DELETEACL Team alice")
                    #expect(
                        try await alice.line() == "* LIST (\\NoAccess) \"/\" \"Other Users/bob/Team\"")
                    try await bob.append("Team")
                    #expect(try await alice.ok("NOOP").untagged.isEmpty)
                    try await bob.ok("SETACL Team anyone lr")
                    #expect(
                        try await alice.line() == "* LIST (\\HasNoChildren) \"/\" \"Other Users/bob/Team\"")
                    try await bob.append("Team")
                    #expect(
                        try await alice.line()?
                            .hasPrefix("* STATUS \"Other Users/bob/Team\" (MESSAGES 3 ") == true)
                }
            }
        }
    }

    private static let allEvents =
        "(MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange)"

    /// Nothing of it existed when it was asked for.
    @Test(arguments: [
        "SUBTREE \"Other Users\"", "SUBTREE \"Other Users/bob\"", "SUBTREE \"Other Users/bob/Team\"",
        // The same user by another name.
        "SUBTREE \"Other Users/bob@example.org/Team/\"",
        "MAILBOXES (\"Other Users/bob/Team\" \"Other Users/bob/Team/new\" \"Other Users/bob/Team/old\")",
        "SUBSCRIBED",
    ]) func tellsOfAllEventsOfSharedMailboxes(_ filter: String) async throws {
        try await withServer { server in
            try await server.session("bob") { bob in
                try await bob.ok("CREATE Team")
                try await server.session { alice in
                    if filter == "SUBSCRIBED" {
                        for name in ["Team", "Team/new", "Team/old"] {
                            try await alice.ok("SUBSCRIBE \"Other Users/bob@example.org/\(name)\"")
                        }
                    }
                    try await alice.ok("NOTIFY SET STATUS (\(filter) \(Self.allEvents))")
                    try await bob.ok("SETACL Team alice l")
                    let team = "\"Other Users/bob/Team\""
                    #expect(
                        try await alice.line() == "* LIST (\\HasNoChildren \\NoAccess) \"/\" \(team)")
                    try await bob.ok("SETACL Team alice lrw")
                    #expect(try await alice.line() == "* LIST (\\HasNoChildren) \"/\" \(team)")
                    try await bob.append("Team")
                    #expect(try await alice.line()?.hasPrefix("* STATUS \(team) (MESSAGES 1 ") == true)
                    try await bob.ok("CREATE Team/old")
                    #expect(
                        try await alice.line()
                            == "* LIST (\\HasNoChildren) \"/\" \"Other Users/bob/Team/old\"")
                    #expect(try await alice.line() == "* LIST (\\HasChildren) \"/\" \(team)")
                    try await bob.ok("RENAME Team/old Team/new")
                    #expect(
                        try await alice.line() == "* LIST (\\HasNoChildren) \"/\" \"Other Users/bob/Team/new\""
                            + " (\"OLDNAME\" (\"Other Users/bob/Team/old\"))")
                    try await bob.ok("SETMETADATA Team (/private/comment \"mine\")")
                    try await bob.ok("SETMETADATA Team (/shared/comment \"for all\")")
                    #expect(try await alice.line() == "* METADATA \(team) /shared/comment")
                    try await bob.ok("DELETE Team/new")
                    #expect(
                        try await alice.line()
                            == "* LIST (\\NonExistent \\HasNoChildren) \"/\" \"Other Users/bob/Team/new\"")
                    #expect(try await alice.line() == "* LIST (\\HasNoChildren) \"/\" \(team)")
                    try await bob.ok("DELETEACL Team alice")
                    #expect(try await alice.line() == "* LIST (\\NonExistent \\NoAccess) \"/\" \(team)")
                    try await bob.append("Team")
                    #expect(try await alice.ok("NOOP").untagged.isEmpty)
                }
            }
        }
    }

    @Test func subscriptionsCountFromTheirChangeOn() async throws {
        try await withServer { server in
            try await server.session("bob") { bob in
                try await bob.ok("CREATE Team")
                try await bob.ok("SETACL Team alice lr")
                try await server.session { alice in
                    let team = "\"Other Users/bob/Team\""
                    try await alice.ok("NOTIFY SET (SUBSCRIBED (MessageNew MessageExpunge SubscriptionChange))")
                    try await server.session { other in
                        try await other.ok("SUBSCRIBE \(team)")
                        #expect(
                            try await alice.line()
                                == "* LIST (\\HasNoChildren \\Subscribed) \"/\" \(team)")
                        try await bob.append("Team")
                        #expect(try await alice.line()?.hasPrefix("* STATUS \(team) (MESSAGES 1 ") == true)
                        try await other.ok("UNSUBSCRIBE \(team)")
                        #expect(try await alice.line() == "* LIST (\\HasNoChildren) \"/\" \(team)")
                        try await bob.append("Team")
                        #expect(try await alice.ok("NOOP").untagged.isEmpty)
                    }
                }
            }
        }
    }

    /// Those below go with it without a word (RFC 5465 section 5.4).
    @Test func renamedSharedMailboxesAreToldOnce() async throws {
        try await withServer { server in
            try await server.session("bob") { bob in
                try await bob.ok("CREATE Team")
                try await bob.ok("SETACL Team alice lr")
                try await bob.ok("CREATE Team/below")
                try await server.session { alice in
                    try await alice.ok("NOTIFY SET (SUBTREE \"Other Users\" (MailboxName))")
                    try await bob.ok("RENAME Team Crew")
                    #expect(
                        try await alice.line() == "* LIST (\\HasChildren) \"/\" \"Other Users/bob/Crew\""
                            + " (\"OLDNAME\" (\"Other Users/bob/Team\"))")
                    try await bob.ok("DELETE Crew/below")
                    #expect(
                        try await alice.line()
                            == "* LIST (\\NonExistent \\HasNoChildren) \"/\" \"Other Users/bob/Crew/below\"")
                }
            }
        }
    }

    /// What can't be watched is said, whatever the reason.
    @Test func tellsWhatItCanNotWatch() async throws {
        try await withServer { server in
            try await server.session("bob") { bob in
                try await bob.ok("CREATE Team")
                try await bob.ok("SETACL Team alice l")
                try await server.session { alice in
                    let events = "(MessageNew MessageExpunge)"
                    let reply = try await alice.ok("NOTIFY SET STATUS (SUBTREE \"Other Users/bob\" \(events))")
                    #expect(reply.untagged == ["LIST (\\HasNoChildren \\NoAccess) \"/\" \"Other Users/bob/Team\""])
                    // A mailbox that may not be looked up is as one that does not exist.
                    let hidden = try await alice.ok("NOTIFY SET STATUS (MAILBOXES \"Other Users/bob/INBOX\" \(events))")
                    let none = try await alice.ok("NOTIFY SET STATUS (MAILBOXES \"Other Users/nobody/x\" \(events))")
                    #expect(hidden.untagged.isEmpty && none.untagged.isEmpty)
                    try await alice.expect(
                        "NOTIFY SET (MAILBOXES \"Other Users/down/x\" \(events))", "NO [UNAVAILABLE]")
                    let names = (0...100).map { "\"Other Users/user\($0)/x\"" }.joined(separator: " ")
                    try await alice.expect(
                        "NOTIFY SET (MAILBOXES (\(names)) \(events))", "NO [NOTIFICATIONOVERFLOW]")
                    // While the directory is silent, nobody can say what the change means.
                    try await alice.ok("NOTIFY SET (SUBTREE \"Other Users/bob\" \(events))")
                    try await bob.ok("SETACL Team anyone lr")
                    #expect(
                        try await alice.line() == "* LIST (\\HasNoChildren) \"/\" \"Other Users/bob/Team\"")
                    server.directory.setSilent(true)
                    try await bob.ok("DELETEACL Team anyone")
                    #expect(try await alice.line()?.hasPrefix("* OK [NOTIFICATIONOVERFLOW]") == true)
                }
            }
        }
    }

    /// RFC 5465 section 5: what a client does it knows.
    @Test func ownChangesAreNotTold() async throws {
        try await withServer { server in
            try await server.session { client in
                try await client.append()
                try await client.ok("SELECT INBOX")
                try await client.ok(
                    "NOTIFY SET (SELECTED (MessageNew (UID BODY.PEEK[]) MessageExpunge FlagChange))"
                        + " (PERSONAL (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange"
                        + " MailboxMetadataChange ServerMetadataChange))")
                #expect(try await client.ok("CREATE Box/one").untagged.isEmpty)
                try await client.append("Box/one")
                for command in [
                    "RENAME Box/one Box/two", "SUBSCRIBE Box/two",
                    "SETMETADATA Box/two (/private/comment \"x\")",
                    "SETMETADATA \"\" (/private/comment \"x\")", "COPY 1 Box/two", "DELETE Box/two",
                    "UNSUBSCRIBE Box/two",
                ] {
                    #expect(try await client.ok(command).untagged.isEmpty, "\(command)")
                }
                // Its own new messages are counted, and not fetched.
                #expect(try await client.ok("COPY 1 INBOX").untagged == ["2 EXISTS"])
                let text = "Subject: y\r\n\r\n"
                let append = "APPEND INBOX {\(text.utf8.count)+}\r\n\(text)"
                #expect(try await client.ok(append).untagged == ["3 EXISTS"])
                try await server.session { other in
                    try await other.append("INBOX", text)
                    #expect(try await client.line() == "* 4 EXISTS")
                    #expect(
                        try await client.line()
                            == "* 4 FETCH (UID 4 BODY[] {\(text.utf8.count)}\r\n\(text))")
                    // Whatever it was, nothing of its own comes late.
                    try await other.ok("CREATE Last")
                    #expect(try await client.line() == "* LIST (\\HasNoChildren) \"/\" Last")
                }
            }
        }
    }

    @Test func ownSubscriptionsCount() async throws {
        try await withServer { server in
            try await server.session { client in
                try await client.ok("CREATE Box")
                try await client.ok("NOTIFY SET (SUBSCRIBED (MessageNew MessageExpunge SubscriptionChange))")
                try await client.ok("SUBSCRIBE Box")
                try await client.ok("NOOP")
                try await server.session { other in
                    try await other.append("Box")
                    #expect(try await client.line()?.hasPrefix("* STATUS Box (MESSAGES 1 ") == true)
                }
            }
        }
    }

    @Test func noneExcludes() async throws {
        try await withServer { server in
            try await server.session { client in
                try await client.ok(
                    "NOTIFY SET (PERSONAL (MessageNew MessageExpunge)) (MAILBOXES Junk NONE)")
                try await server.session { other in
                    try await other.append("Junk")
                    try await other.append("Sent")
                    #expect(try await client.line()?.hasPrefix("* STATUS Sent ") == true)
                }
            }
        }
    }
}
