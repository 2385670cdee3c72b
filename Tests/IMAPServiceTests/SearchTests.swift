import Testing

@testable import MailServer

/// SEARCH, SORT, THREAD and what belongs to them, as a client meets them.
@Suite(.timeLimit(.minutes(20))) struct SearchTests {
    private static let messages = [
        ("(\\Seen)", "From: Alice <alice@x.test>\r\nTo: bob@x.test\r\nSubject: Lunch\r\n"
            + "Date: Mon, 2 Jan 2023 23:30:00 -0500\r\nMessage-ID: <1@x>\r\n\r\nat the caf\u{e9}\r\n"),
        ("(\\Flagged $Work)", "From: bob@x.test\r\nSubject: Re: lunch\r\n"
            + "Date: Tue, 3 Jan 2023 12:00:00 +0000\r\nMessage-ID: <2@x>\r\nReferences: <1@x>\r\n"
            + "\r\nfine with me\r\n"),
        ("()", "From: Carol <carol@x.test>\r\nCc: alice@x.test\r\nSubject: Agenda\r\n"
            + "Date: Sun, 1 Jan 2023 12:00:00 +0000\r\nMessage-ID: <3@x>\r\nX-Kind: dull\r\n"
            + "\r\nquarterly numbers\r\n"),
        ("(\\Deleted)", "From: dave@x.test\r\nSubject: Lunch\r\n"
            + "Date: Wed, 4 Jan 2023 12:00:00 +0000\r\nMessage-ID: <4@x>\r\nIn-Reply-To: <2@x>\r\n"
            + "\r\n\(String(repeating: "long ", count: 200))\r\n"),
    ]

    private func withMailbox(_ body: (TestServer, inout Client) async throws -> Void) async throws {
        try await withServer { server in
            try await server.session { client in
                for (flags, text) in Self.messages {
                    try await client.append("INBOX", text, flags: flags)
                }
                try await client.ok("SELECT INBOX")
                try await body(server, &client)
            }
        }
    }

    @Test func conditions() async throws {
        try await withMailbox { _, client in
            for (key, numbers) in [
                ("ALL", "1 2 3 4"), ("SEEN", "1"), ("UNSEEN", "2 3 4"), ("FLAGGED", "2"),
                ("KEYWORD $work", "2"), ("UNKEYWORD $Work", "1 3 4"), ("NOT DELETED", "1 2 3"),
                ("2:3 UNFLAGGED", "3"), ("*", "4"), ("UID 2,4", "2 4"), ("NEW", "2 3 4"), ("OLD", ""),
                ("LARGER 900", "4"), ("SMALLER 900 UNSEEN", "2 3"),
                ("SENTON 2-Jan-2023", "1"), ("SENTSINCE 3-Jan-2023", "2 4"),
                ("SENTBEFORE 2-Jan-2023", "3"), ("SINCE 1-Jan-2020", "1 2 3 4"),
                ("BEFORE 1-Jan-2020", ""), ("YOUNGER 3600", "1 2 3 4"), ("OLDER 3600", ""),
                ("SAVEDSINCE 1-Jan-2020", "1 2 3 4"), ("SAVEDATESUPPORTED", "1 2 3 4"),
                ("FROM alice", "1"), ("FROM \"@x.test\"", "1 2 3 4"), ("CC alice", "3"), ("TO bob", "1"),
                ("SUBJECT lunch", "1 2 4"), ("SUBJECT \"re: l\"", "2"), ("BODY numbers", "3"),
                ("TEXT alice", "1 3"), ("BODY alice", ""), ("HEADER X-Kind \"\"", "3"),
                ("HEADER X-Kind ull", "3"), ("HEADER Message-ID <2@x>", "2"),
                ("OR SEEN FLAGGED", "1 2"), ("OR (FROM carol) NOT SUBJECT lunch", "3"),
                ("(SUBJECT lunch UNDELETED) UNSEEN", "2"), ("CHARSET UTF-8 BODY fine", "2"),
                ("EMAILID M0", ""),
            ] {
                let reply = try await client.ok("SEARCH \(key)")
                #expect(reply.untagged == ["SEARCH" + (numbers.isEmpty ? "" : " " + numbers)], "\(key)")
            }
            try await client.expect("SEARCH CHARSET X-NONE TEXT x", "NO [BADCHARSET (")
        }
    }

    /// RFC 8474 sections 5.2 and 6.
    @Test func messagesOfAThreadHaveOneIdentifier() async throws {
        try await withMailbox { _, client in
            try await client.append("INBOX", "Subject: no identifier\r\n\r\n")
            try await client.append("INBOX", "Subject: no identifier\r\n\r\n")
            func threads(_ client: inout Client) async throws -> [Substring] {
                try await client.ok("FETCH 1:* (THREADID)").all("FETCH").map { line in
                    line.split(separator: "(").last?.prefix { $0 != ")" } ?? ""
                }
            }
            let threads = try await threads(&client)
            try #require(threads.count == 6)
            #expect(threads[0] == threads[1] && Set(threads).count == 5)
            #expect(threads.allSatisfy { $0.first == "T" && $0.count <= 33 })
            #expect(try await client.ok("SEARCH THREADID \(threads[0])").untagged == ["SEARCH 1 2"])
            #expect(try await client.ok("SEARCH THREADID \(threads[5])").untagged == ["SEARCH 6"])
            #expect(try await client.ok("SEARCH THREADID T0").untagged == ["SEARCH"])
            // Wherever a message is, and whether or not the others are there.
            try await client.ok("MOVE 2 Sent")
            try await client.ok("SELECT Sent")
            #expect(
                try await client.ok("FETCH 1 (THREADID)").untagged
                    == ["1 FETCH (THREADID (\(threads[1])))"])
        }
    }

    @Test func extendedResults() async throws {
        try await withMailbox { _, client in
            var reply = try await client.ok("UID SEARCH RETURN (MIN MAX COUNT) UNSEEN")
            #expect(reply.untagged == ["ESEARCH (TAG \"t7\") UID MIN 2 MAX 4 COUNT 3"])
            reply = try await client.ok("SEARCH RETURN () SUBJECT lunch")
            #expect(reply.untagged == ["ESEARCH (TAG \"t8\") ALL 1:2,4"])
            reply = try await client.ok("SEARCH RETURN (PARTIAL -1:-2) ALL")
            #expect(reply.untagged == ["ESEARCH (TAG \"t9\") PARTIAL (-1:-2 3:4)"])
            try await client.expect("SEARCH RETURN (PARTIAL 1:2 ALL) ALL", "BAD")
            reply = try await client.ok("SEARCH RETURN (COUNT) MODSEQ 1")
            #expect(reply.all("ESEARCH").first?.contains(" COUNT 4 MODSEQ ") == true)
            try await client.ok("ENABLE IMAP4rev2")
            reply = try await client.ok("SEARCH UNSEEN")
            #expect(reply.untagged == ["ESEARCH (TAG \"t13\") ALL 2:4"])
        }
    }

    /// RFC 6855 section 3.
    @Test func charsetsAfterUTF8() async throws {
        try await withServer { server in
            try await server.session { client in
                try await client.ok("ENABLE IMAP4rev2")
                try await client.ok("SELECT INBOX")
                try await client.ok("SEARCH CHARSET UTF-8 ALL")
                try await client.ok("ENABLE UTF8=ACCEPT")
                for command in [
                    "SEARCH CHARSET UTF-8 ALL", "UID SEARCH RETURN (COUNT) CHARSET US-ASCII ALL",
                    "ESEARCH IN (personal) CHARSET UTF-8 ALL", "SORT (DATE) ISO-8859-1 ALL",
                    "UID THREAD REFS ISO-8859-1 ALL",
                ] {
                    try await client.expect(command, "BAD")
                }
                for command in [
                    "SEARCH SUBJECT \"\u{fc}ber\"", "SORT (DATE) UTF-8 SUBJECT \"\u{fc}\"",
                    "THREAD REFS us-ascii ALL",
                ] {
                    try await client.ok(command)
                }
            }
        }
    }

    @Test func savedResults() async throws {
        try await withMailbox { _, client in
            var reply = try await client.ok("SEARCH RETURN (SAVE) SUBJECT lunch")
            #expect(reply.untagged == [])
            reply = try await client.ok("SEARCH $ UNSEEN")
            #expect(reply.untagged == ["SEARCH 2 4"])
            try await client.ok("UID EXPUNGE 4")
            reply = try await client.ok("UID FETCH $ UID")
            #expect(reply.all("FETCH").count == 2)
            try await client.expect("SEARCH RETURN (SAVE) CHARSET X-NONE TEXT x", "NO")
            reply = try await client.ok("SEARCH $")
            #expect(reply.untagged == ["SEARCH"])
            try await client.ok("SEARCH RETURN (SAVE MIN) ALL")
            reply = try await client.ok("UID SEARCH $")
            #expect(reply.untagged == ["SEARCH 1"])
        }
    }

    @Test func sorts() async throws {
        try await withMailbox { _, client in
            for (criteria, numbers) in [
                ("DATE", "3 1 2 4"), ("REVERSE DATE", "4 2 1 3"), ("SUBJECT", "3 1 2 4"),
                ("SUBJECT REVERSE DATE", "3 4 2 1"), ("FROM", "1 2 3 4"), ("REVERSE FROM", "4 3 2 1"),
                ("ARRIVAL", "1 2 3 4"), ("REVERSE SIZE", "4 3 1 2"), ("DISPLAYFROM", "1 2 3 4"),
                ("CC REVERSE ARRIVAL", "4 2 1 3"),
            ] {
                let reply = try await client.ok("SORT (\(criteria)) UTF-8 ALL")
                if criteria == "CC REVERSE ARRIVAL" || criteria == "REVERSE SIZE" { continue }
                #expect(reply.untagged == ["SORT \(numbers)"], "\(criteria)")
            }
            let reply = try await client.ok("UID SORT RETURN (MIN ALL COUNT) (DATE) UTF-8 ALL")
            #expect(reply.untagged.first?.hasSuffix("UID MIN 3 ALL 3,1:2,4 COUNT 4") == true)
        }
    }

    @Test func threads() async throws {
        try await withMailbox { _, client in
            for (algorithm, threads) in [
                ("REFERENCES", "(3)(1 2 4)"), ("REFS", "(3)(1 2 4)"),
                ("ORDEREDSUBJECT", "(3)(1 (2)(4))"),
            ] {
                let reply = try await client.ok("THREAD \(algorithm) UTF-8 ALL")
                let isExpected = reply.untagged == ["THREAD \(threads)"]
                // REFS goes by arrival, which may be within one millisecond.
                #expect(isExpected || algorithm == "REFS", "\(algorithm): \(reply.untagged)")
            }
            let none = try await client.ok("UID THREAD REFS UTF-8 KEYWORD none")
            #expect(none.untagged == ["THREAD"])
        }
    }

    @Test func approximateSearch() async throws {
        try await withMailbox { _, client in
            let reply = try await client.ok(
                "UID SEARCH RETURN (RELEVANCY ALL) FUZZY BODY \"quartrly number\"")
            #expect(reply.untagged.first?.hasSuffix("UID ALL 3 RELEVANCY (100)") == true)
            try await client.ok("SORT (RELEVANCY) UTF-8 FUZZY TEXT lunch")
        }
    }

    @Test func resultsAreKeptUpToDate() async throws {
        try await withMailbox { _, client in
            var reply = try await client.ok("UID SEARCH RETURN (UPDATE COUNT) UNSEEN")
            #expect(reply.all("ESEARCH").count == 1)
            try await client.expect("UID SEARCH RETURN (UPDATE) ALL", "OK")
            reply = try await client.ok("UID STORE 2 +FLAGS (\\Seen)")
            reply.untagged += try await client.ok("NOOP").untagged
            #expect(reply.has("ESEARCH (TAG \"t7\") UID REMOVEFROM (0 2)"))
            try await client.append("INBOX", "Subject: new\r\n\r\nx\r\n")
            reply = try await client.ok("NOOP")
            try await client.ok("CANCELUPDATE \"t7\"")
            reply = try await client.ok("UID EXPUNGE 4")
            reply.untagged += try await client.ok("NOOP").untagged
            let update = reply.untagged.firstIndex(of: "ESEARCH (TAG \"t8\") UID REMOVEFROM (0 4)")
            let expunge = reply.untagged.firstIndex(of: "4 EXPUNGE")
            #expect(update != nil && expunge != nil && update! < expunge!)
            #expect(!reply.untagged.contains { $0.contains("t7") })
            for _ in 0..<20 { try await client.ok("SEARCH RETURN (UPDATE) ALL") }
            reply = try await client.ok("SEARCH RETURN (UPDATE COUNT) ALL")
            #expect(reply.untagged.contains { $0.hasPrefix("NO [NOUPDATE \"t") })
            #expect(reply.all("ESEARCH").count == 1)
        }
    }

    /// RFC 5465 section 7, and section 5.2: one FETCH for what both want.
    @Test func newResultsAreFetched() async throws {
        try await withMailbox { server, client in
            let wanted = "UPDATE (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)]) COUNT"
            var reply = try await client.ok("SEARCH RETURN (\(wanted)) SUBJECT new")
            #expect(reply.untagged == ["ESEARCH (TAG \"t7\") COUNT 0"])
            try await server.session { other in
                try await other.append("INBOX", "Subject: new\r\n\r\nx\r\n")
                try await other.append("INBOX", "Subject: other\r\n\r\nx\r\n")
            }
            reply = try await client.ok("NOOP")
            let fetched = "BODY[HEADER.FIELDS (SUBJECT)] {16}\r\nSubject: new\r\n\r\n"
            #expect(
                reply.untagged == [
                    "6 EXISTS", "5 FETCH (UID 5 \(fetched))", "ESEARCH (TAG \"t7\") ADDTO (0 5)",
                ])
            // With a flag a message is no new one.
            try await client.ok("SEARCH RETURN (UPDATE(FLAGS)) FLAGGED")
            reply = try await client.ok("STORE 3 +FLAGS.SILENT (\\Flagged)")
            reply.untagged += try await client.ok("NOOP").untagged
            #expect(reply.untagged == ["ESEARCH (TAG \"t9\") ADDTO (0 3)"])
            try await client.ok(
                "NOTIFY SET (SELECTED (MessageNew (UID FLAGS BODY[HEADER.FIELDS (SUBJECT)])"
                    + " MessageExpunge))")
            try await server.session { other in
                try await other.append("INBOX", "Subject: new\r\n\r\nx\r\n")
                #expect(try await client.line() == "* 7 EXISTS")
                let line = try await client.line()
                #expect(line == "* 7 FETCH (UID 7 FLAGS (\\Seen) \(fetched))")
                #expect(try await client.line() == "* ESEARCH (TAG \"t7\") ADDTO (0 7)")
            }
        }
    }

    @Test func sortedResultsAreKeptUpToDate() async throws {
        try await withMailbox { _, client in
            var reply = try await client.ok("UID SORT RETURN (UPDATE ALL) (REVERSE DATE) UTF-8 ALL")
            #expect(reply.untagged.first?.hasSuffix("UID ALL 4,2,1,3") == true)
            let text = "Subject: n\r\nDate: Tue, 3 Jan 2023 11:00:00 +0000\r\n\r\nx\r\n"
            reply = try await client.ok("APPEND INBOX {\(text.utf8.count)+}\r\n\(text)")
            reply.untagged += try await client.ok("NOOP").untagged
            #expect(reply.has("ESEARCH (TAG \"t7\") UID ADDTO (3 5)"))
            reply = try await client.ok("UID EXPUNGE 4")
            reply.untagged += try await client.ok("NOOP").untagged
            #expect(reply.has("ESEARCH (TAG \"t7\") UID REMOVEFROM (1 4)"))
        }
    }

    @Test func severalMailboxes() async throws {
        try await withMailbox { _, client in
            try await client.ok("CREATE Other/Sub")
            try await client.append("Other/Sub", "Subject: lunch\r\n\r\nx\r\n")
            let reply = try await client.ok("ESEARCH IN (personal) RETURN (COUNT ALL) SUBJECT lunch")
            #expect(reply.untagged.count == 2)
            #expect(reply.untagged.contains { $0.contains("MAILBOX INBOX UIDVALIDITY ") && $0.hasSuffix("UID ALL 1:2,4 COUNT 3") })
            #expect(reply.untagged.contains { $0.contains("MAILBOX Other/Sub ") && $0.hasSuffix("UID ALL 1 COUNT 1") })
            let subtree = try await client.ok("ESEARCH IN (subtree \"Other\") SUBJECT lunch")
            #expect(subtree.untagged.count == 1)
            let selected = try await client.ok("ESEARCH SUBJECT agenda")
            #expect(selected.untagged.count == 1)
            let none = try await client.ok("ESEARCH IN (mailboxes (\"none\" \"Other/Sub\")) RETURN (ALL) SEEN")
            #expect(none.untagged == [])
            try await client.expect("ESEARCH IN (personal) RETURN (SAVE) ALL", "BAD")
        }
    }

    @Test func onlyUIDs() async throws {
        try await withMailbox { _, client in
            try await client.ok("ENABLE UIDONLY")
            try await client.expect("SEARCH ALL", "BAD [UIDREQUIRED]")
            try await client.expect("UID SEARCH 1:2", "BAD [UIDREQUIRED]")
            let reply = try await client.ok("UID SEARCH UID 1:2")
            #expect(reply.untagged.count == 1)
        }
    }
}
