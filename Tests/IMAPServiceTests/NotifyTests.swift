import Testing

@testable import MailServer

@Suite(.timeLimit(.minutes(20))) struct NotifyTests {
    @Test func refusesWhatMakesNoSense() async throws {
        try await withServer { server in
            try await server.session { client in
                let rows = [
                    ("SET (SELECTED (MessageNew))", "BAD"),
                    ("SET (SELECTED (MessageExpunge))", "BAD"),
                    ("SET (PERSONAL (FlagChange))", "BAD"),
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
                    try await other.ok("CREATE Lists/two")
                    try await other.ok("CREATE Box")
                    #expect(try await client.line() == "* LIST () \"/\" Box")
                    try await other.ok("RENAME Box Case")
                    #expect(try await client.line() == "* LIST () \"/\" Case (\"OLDNAME\" (Box))")
                    try await other.ok("SUBSCRIBE Case")
                    #expect(try await client.line() == "* LIST (\\Subscribed) \"/\" Case")
                    try await other.ok("SETMETADATA Case (/private/comment \"x\")")
                    #expect(try await client.line() == "* METADATA Case /private/comment")
                    try await other.ok("DELETE Case")
                    #expect(try await client.line() == "* LIST (\\NonExistent) \"/\" Case")
                    try await other.append("INBOX", flags: "(\\Flagged)")
                    #expect(try await client.line() == "* 1 EXISTS")
                    #expect(try await client.line() == "* 1 FETCH (UID 1 FLAGS (\\Flagged))")
                    try await other.ok("SELECT INBOX")
                    try await other.ok("STORE 1 FLAGS (\\Deleted)")
                    #expect(try await client.line() == "* 1 FETCH (FLAGS (\\Deleted))")
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
                    let reply = try await client.reply(tag)
                    #expect(reply.untagged == ["3 EXISTS"])
                }
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
                    try await bob.append("Team")
                    #expect(try await alice.ok("NOOP").untagged.isEmpty)
                }
            }
        }
    }
}
