import Testing

@testable import MailServer

@Suite(.timeLimit(.minutes(20))) struct MailboxTests {
    @Test func tellsTheStateOfAMailbox() async throws {
        try await withServer { server in
            try await server.session { client in
                client.showsRecent = true
                try await client.append()
                try await client.append(flags: "(\\Seen $Work)")
                try await client.append()
                try await client.ok("SELECT INBOX")
                try await client.ok("STORE 1 +FLAGS (\\Seen)")
                let reply = try await client.ok("SELECT INBOX")
                #expect(reply.tagged == "OK [READ-WRITE] SELECT completed")
                #expect(reply.untagged[0].hasPrefix("OK [CLOSED]"))
                #expect(reply.has("FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Work)"))
                #expect(reply.has("3 EXISTS") && reply.has("0 RECENT"))
                #expect(reply.all("OK [UNSEEN 3]").count == 1)
                #expect(reply.all("OK [UIDNEXT 4]").count == 1)
                for code in ["UIDVALIDITY ", "HIGHESTMODSEQ ", "MAILBOXID ("] {
                    #expect(reply.all("OK [\(code)").count == 1, "\(code)")
                }
                #expect(
                    reply.all("OK [PERMANENTFLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen $Work \\*)]").count == 1)
                #expect(reply.all("LIST").isEmpty)
                let examined = try await client.ok("EXAMINE INBOX")
                #expect(examined.tagged == "OK [READ-ONLY] EXAMINE completed")
                #expect(examined.all("OK [PERMANENTFLAGS ()]").count == 1)
                try await client.ok("ENABLE IMAP4rev2")
                let second = try await client.ok("SELECT INBOX")
                #expect(second.has("LIST (\\HasNoChildren) \"/\" INBOX"))
                #expect(second.all("RECENT").isEmpty && second.all("OK [UNSEEN").isEmpty)
                try await client.expect("SELECT nowhere", "NO [NONEXISTENT]")
                try await client.expect("FETCH 1 FLAGS", "BAD")
            }
        }
    }

    @Test func oneSessionIsToldOfAMessageAsRecent() async throws {
        try await withServer { server in
            try await server.session { client in
                client.showsRecent = true
                try await client.append()
                #expect(try await client.ok("EXAMINE INBOX").has("1 RECENT"))
                let selected = try await client.ok("SELECT INBOX")
                #expect(selected.has("1 RECENT"))
                #expect(try await client.ok("FETCH 1 FLAGS").has("1 FETCH (FLAGS (\\Recent))"))
                try await server.session { other in
                    other.showsRecent = true
                    let second = try await other.ok("SELECT INBOX")
                    #expect(second.has("0 RECENT"))
                    #expect(try await other.ok("FETCH 1 FLAGS").has("1 FETCH (FLAGS ())"))
                }
            }
        }
    }

    @Test func closingExpungesAndUnselectingDoesNot() async throws {
        try await withServer { server in
            try await server.session { client in
                for _ in 1...3 { try await client.append(flags: "(\\Deleted)") }
                try await client.ok("SELECT INBOX")
                try await client.ok("UNSELECT")
                try await client.ok("EXAMINE INBOX")
                try await client.ok("CLOSE")
                #expect(try await client.ok("SELECT INBOX").has("3 EXISTS"))
                // Another session's message, of which this one has not been told, stays.
                try await server.session { other in
                    try await other.append(flags: "(\\Deleted)")
                }
                let reply = try await client.ok("CLOSE")
                #expect(reply.untagged.isEmpty)
                let after = try await client.ok("SELECT INBOX")
                #expect(after.has("1 EXISTS") && after.all("OK [UIDNEXT 5]").count == 1)
            }
        }
    }

    @Test func sessionsSeeEachOther() async throws {
        try await withServer { server in
            try await server.session { one in
                for _ in 1...5 { try await one.append() }
                try await one.ok("SELECT INBOX")
                try await server.session { two in
                    try await two.ok("SELECT INBOX")
                    try await two.ok("STORE 2 +FLAGS (\\Deleted new)")
                    let flags = try await one.ok("NOOP")
                    #expect(flags.has("FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft new)"))
                    #expect(flags.has("2 FETCH (FLAGS (\\Deleted new))"))
                    try await two.ok("EXPUNGE")
                    try await two.append()
                    // Numbers stay within these commands.
                    let fetched = try await one.ok("FETCH 5 UID")
                    #expect(fetched.has("5 FETCH (UID 5)") && fetched.all("EXPUNGE").isEmpty)
                    let searched = try await one.ok("SEARCH UID 5")
                    #expect(searched.has("SEARCH 5") && searched.all("EXPUNGE").isEmpty)
                    let told = try await one.ok("UID FETCH 5 FLAGS")
                    #expect(told.has("5 FETCH (UID 5 FLAGS ())"))
                    #expect(told.untagged.contains("2 EXPUNGE"))
                    let news = try await one.ok("FETCH 1:* UID")
                    #expect(news.untagged == ["1 FETCH (UID 1)", "2 FETCH (UID 3)", "3 FETCH (UID 4)", "4 FETCH (UID 5)", "5 FETCH (UID 6)"])
                    // What a session did itself it has heard already.
                    #expect(try await two.ok("NOOP").untagged.isEmpty)
                }
            }
        }
    }

    @Test func aDeletedMailboxEndsTheSession() async throws {
        try await withServer { server in
            try await server.session { one in
                try await one.ok("CREATE box")
                try await one.ok("SELECT box")
                let tag = try await one.begin("IDLE")
                #expect(try await one.line() == "+ idling", "\(tag)")
                try await server.session { two in
                    try await two.ok("SELECT box")
                    // The session that deletes goes on.
                    try await two.ok("DELETE box")
                    try await two.ok("SELECT INBOX")
                }
                #expect(try await one.line()?.hasPrefix("* BYE") == true)
                #expect(try await one.line() == nil)
            }
        }
    }

    @Test func idlingSessionsAreToldAtOnce() async throws {
        try await withServer { server in
            try await server.session { idling in
                try await idling.ok("SELECT INBOX")
                let tag = try await idling.begin("IDLE")
                #expect(try await idling.line() == "+ idling")
                try await server.session { other in
                    try await other.append()
                    #expect(try await idling.line() == "* 1 EXISTS")
                    try await other.ok("SELECT INBOX")
                    try await other.ok("STORE 1 +FLAGS (\\Deleted)")
                    #expect(try await idling.line() == "* 1 FETCH (FLAGS (\\Deleted))")
                    try await other.ok("EXPUNGE")
                    #expect(try await idling.line() == "* 1 EXPUNGE")
                }
                try await idling.send("DONE\r\n")
                #expect(try await idling.reply(tag).tagged == "OK IDLE completed")
                let bad = try await idling.begin("IDLE")
                #expect(try await idling.line() == "+ idling")
                try await idling.send("x NOOP\r\n")
                #expect(try await idling.reply(bad).tagged.hasPrefix("BAD"))
            }
        }
    }

    @Test func tellsOfChangesAfterAQuickResync() async throws {
        try await withServer { server in
            try await server.session { client in
                for _ in 1...8 { try await client.append() }
                try await client.expect("SELECT INBOX (QRESYNC (1 1))", "BAD")
                #expect(try await client.ok("ENABLE QRESYNC").untagged == ["ENABLED QRESYNC"])
                let state = try await client.ok("SELECT INBOX")
                let validity = try #require(state.code("UIDVALIDITY"))
                let highest = try #require(state.code("HIGHESTMODSEQ"))
                try await client.ok("STORE 2 +FLAGS.SILENT (\\Deleted)")
                try await client.ok("STORE 7 +FLAGS.SILENT (\\Deleted)")
                let expunged = try await client.ok("EXPUNGE")
                #expect(expunged.untagged == ["VANISHED 2,7"])
                #expect(expunged.tagged.hasPrefix("OK [HIGHESTMODSEQ "))
                try await client.ok("UID STORE 4,8 +FLAGS.SILENT (\\Seen)")
                try await client.append()

                let back = try await client.ok("SELECT INBOX (QRESYNC (\(validity) \(highest)))")
                #expect(back.has("VANISHED (EARLIER) 2,7"))
                let changed = back.all("FETCH")
                #expect(changed.count == 3)
                #expect(changed[0].hasPrefix("3 FETCH (UID 4 FLAGS (\\Seen) MODSEQ ("))
                let some = try await client.ok(
                    "SELECT INBOX (QRESYNC (\(validity) \(highest) 1:5))")
                #expect(some.has("VANISHED (EARLIER) 2") && some.all("FETCH").count == 1)
                // Number 3 was UID 4 at the time of the client's departure already.
                let match = try await client.ok(
                    "SELECT INBOX (QRESYNC (\(validity) \(highest) 1:9 (3 4)))")
                #expect(match.has("VANISHED (EARLIER) 7"))
                let other = try await client.ok("SELECT INBOX (QRESYNC (1 \(highest)))")
                #expect(other.all("VANISHED").isEmpty && other.all("FETCH").isEmpty)
            }
        }
    }

    /// RFC 7162 sections 3.2.7 to 3.2.9, RFC 6851 section 4.4.
    @Test func theModSequenceIsToldAfterExpungesButNotByClose() async throws {
        try await withServer { server in
            try await server.session { client in
                for _ in 1...5 { try await client.append() }
                try await client.ok("SELECT INBOX")
                let moved = try await client.ok("UID MOVE 1 Sent").tagged
                #expect(try await moved == "OK [HIGHESTMODSEQ \(client.highest())] MOVE completed")
                try await client.expect("UID MOVE 1 Sent", "OK No messages moved")

                try await client.ok("ENABLE QRESYNC")
                try await client.expect("EXPUNGE", "OK EXPUNGE completed")
                for command in ["EXPUNGE", "UID EXPUNGE 3"] {
                    try await client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
                    let expunged = try await client.ok(command).tagged
                    #expect(
                        try await expunged == "OK [HIGHESTMODSEQ \(client.highest())] EXPUNGE completed")
                }
                try await client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
                let before = try await client.highest()
                let closed = try await client.ok("CLOSE")
                #expect(closed.untagged.isEmpty && closed.tagged == "OK CLOSE completed")
                // It has gone up nevertheless.
                #expect(try await client.highest() > before)
            }
        }
    }

    /// RFC 7162 sections 3.2 and 6.
    @Test func expungesThatWaitHoldTheModSequenceBack() async throws {
        try await withServer { server in
            try await server.session { client in
                for _ in 1...3 { try await client.append() }
                try await client.ok("ENABLE QRESYNC")
                let known = try #require(try await client.ok("SELECT INBOX").code("HIGHESTMODSEQ"))
                try await server.session { other in
                    try await other.ok("SELECT INBOX")
                    try await other.ok("STORE 1 +FLAGS (\\Deleted)")
                    try await other.ok("EXPUNGE")
                    try await other.ok("STORE 1 +FLAGS (\\Flagged)")
                }
                for command in ["FETCH 3 (UID)", "STORE 3 +FLAGS (\\Seen)", "SEARCH FLAGGED"] {
                    let reply = try await client.ok(command)
                    #expect(reply.code("HIGHESTMODSEQ") == known && reply.all("VANISHED").isEmpty)
                }
                #expect(try await client.ok("NOOP").untagged == ["VANISHED 1"])
                #expect(try await client.ok("FETCH 2 (UID)").code("HIGHESTMODSEQ") == nil)
            }
        }
    }

    @Test func modSequencesFollowTheFirstCommandThatNeedsThem() async throws {
        try await withServer { server in
            try await server.session { client in
                try await client.append()
                try await client.ok("SELECT INBOX")
                #expect(try await client.ok("STORE 1 +FLAGS (\\Seen)").untagged == ["1 FETCH (FLAGS (\\Seen))"])
                let enabling = try await client.ok("FETCH 1 (MODSEQ)")
                #expect(enabling.all("OK [HIGHESTMODSEQ ").count == 1)
                let stored = try await client.ok("STORE 1 -FLAGS (\\Seen)")
                #expect(stored.untagged.count == 1 && stored.untagged[0].contains("MODSEQ ("))
            }
        }
    }

    @Test func onlyUIDs() async throws {
        try await withServer { server in
            try await server.session { client in
                for _ in 1...3 { try await client.append() }
                try await client.ok("ENABLE UIDONLY")
                try await client.ok("SELECT INBOX")
                try await client.expect("FETCH 1 FLAGS", "BAD [UIDREQUIRED]")
                #expect(try await client.ok("UID FETCH 2 FLAGS").untagged == ["2 UIDFETCH (FLAGS ())"])
                try await client.ok("UID STORE 2 +FLAGS.SILENT (\\Deleted)")
                #expect(try await client.ok("UID EXPUNGE 1:*").untagged == ["VANISHED 2"])
            }
        }
    }
}

extension Client {
    /// INBOX's HIGHESTMODSEQ.
    fileprivate mutating func highest() async throws -> Int {
        let status = try await ok("STATUS INBOX (HIGHESTMODSEQ)").all("STATUS INBOX ").first
        return try #require(Int((status ?? "").filter(\.isNumber)))
    }
}

extension Client.Reply {
    /// The value of an untagged OK's response code.
    func code(_ name: String) -> String? {
        all("OK [\(name) ").first.map { line in
            String(line.dropFirst(name.count + 5).prefix { $0 != "]" })
        }
    }
}
