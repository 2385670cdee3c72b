import Foundation
import Testing
import TestSupport

/// STORE, COPY, MOVE, EXPUNGE over the wire, from one session and from two.
@Suite(.ownThreads) struct IMAPMessagesStoreTests {
    @Test func flags() throws {
        let (client, _) = try Self.filled(3)
        #expect(try client.text("STORE 1:2 FLAGS (\\Seen)") == "* 1 FETCH (FLAGS (\\Seen))\r\n* 2 FETCH (FLAGS (\\Seen))")
        #expect(try client.text("STORE 1 +FLAGS \\Flagged") == "* 1 FETCH (FLAGS (\\Seen \\Flagged))")
        #expect(try client.text("STORE 1 -FLAGS (\\Seen)") == "* 1 FETCH (FLAGS (\\Flagged))")
        #expect(try client.text("UID STORE 1 FLAGS ()") == "* 1 FETCH (UID 1 FLAGS ())")
        #expect(try client.text("STORE 3 FLAGS.SILENT (\\Draft)") == "")
        #expect(try client.text("NOOP") == "")
        #expect(try client.text("UID STORE 99 FLAGS (\\Seen)") == "")
        try client.no("STORE 9 FLAGS (\\Seen)", "BAD")
        let keywords = try client.text("STORE 1 +FLAGS (Work $Later)")
        #expect(keywords.contains("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Later Work)"), "\(keywords)")
        #expect(keywords.hasSuffix("* 1 FETCH (FLAGS ($Later Work))"))
        #expect(try client.text("STORE 1 -FLAGS (work)").hasSuffix("* 1 FETCH (FLAGS ($Later))"))
        try client.ok("EXAMINE INBOX")
        try client.no("STORE 1 +FLAGS (\\Seen)", "NO")
    }

    @Test func othersAreTold() throws {
        let (client, user) = try Self.filled(2)
        let other = try IMAPMessagesClient(try RunningMartlet.shared.get(), user)
        try other.ok("STORE 1 +FLAGS.SILENT (\\Flagged)")
        // What the other one has done is told although the own change is silent.
        #expect(try client.text("STORE 1 +FLAGS.SILENT (\\Seen)") == "* 1 FETCH (FLAGS (\\Seen \\Flagged))")
        #expect(try client.text("NOOP") == "")
        #expect(try other.text("NOOP") == "* 1 FETCH (FLAGS (\\Seen \\Flagged))")
    }

    @Test func unchangedSince() throws {
        let (client, user) = try Self.filled(3)
        let other = try IMAPMessagesClient(try RunningMartlet.shared.get(), user)
        let first = try client.text("FETCH 1:3 (MODSEQ)")
        let known = first.components(separatedBy: "MODSEQ (").dropFirst().map { Int($0.prefix { $0 != ")" })! }.max()!
        try other.ok("STORE 2 +FLAGS (\\Flagged)")
        let lines = try client.ok("STORE 1:3 (UNCHANGEDSINCE \(known)) +FLAGS.SILENT (\\Seen)")
        #expect(lines.last?.hasPrefix("OK [MODIFIED 2]") == true, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("* 1 FETCH (MODSEQ (") }, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("* 3 FETCH (MODSEQ (") })
        let uid = try client.ok("UID STORE 1:3 (UNCHANGEDSINCE 1) +FLAGS (\\Draft)")
        #expect(uid.last?.hasPrefix("OK [MODIFIED 1:3]") == true)
        #expect(try client.text("FETCH 1:3 FLAGS").components(separatedBy: "\r\n").map { $0.contains("\\Seen") } == [true, false, true])
    }

    @Test func copies() throws {
        let (client, _) = try Self.filled(3)
        try client.ok("STORE 2 FLAGS (\\Flagged Special)")
        let reply = try client.ok("COPY 2:3 Archive").last!
        let code = IMAPMessagesClient.code(reply, "COPYUID")
        #expect(code.dropFirst() == ["2:3", "1:2"], "\(reply)")
        try client.no("COPY 1 Nowhere", "NO [TRYCREATE]")
        #expect(try client.ok("UID COPY 77 Archive").last?.contains("COPYUID") == false)
        try client.ok("COPY 1 INBOX")
        #expect(try client.text("FETCH 4 UID") == "* 4 FETCH (UID 4)")
        try client.ok("SELECT Archive")
        #expect(try client.text("FETCH 1 (FLAGS BODY.PEEK[TEXT])") == "* 1 FETCH (FLAGS (\\Flagged Special) BODY[TEXT] {1}\r\n2)")
    }

    @Test func moves() throws {
        let (client, user) = try Self.filled(4)
        let other = try IMAPMessagesClient(try RunningMartlet.shared.get(), user)
        let lines = try client.ok("MOVE 2:3 Archive")
        #expect(lines[0].hasPrefix("* OK [COPYUID "), "\(lines)")
        #expect(Set(lines[1...2]) == ["* 3 EXPUNGE", "* 2 EXPUNGE"] || Array(lines[1...2]) == ["* 2 EXPUNGE", "* 2 EXPUNGE"])
        #expect(try client.text("FETCH 1:* UID") == "* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 4)")
        #expect(try other.ok("NOOP").filter { $0.hasSuffix("EXPUNGE") }.count == 2)
        try client.no("MOVE 1 Nowhere", "NO [TRYCREATE]")
        let same = try client.ok("UID MOVE 1 INBOX")
        #expect(same.contains("* 1 EXPUNGE") && same.contains("* 2 EXISTS"), "\(same)")
        #expect(try client.text("FETCH 1:* UID") == "* 1 FETCH (UID 4)\r\n* 2 FETCH (UID 5)")
        try client.ok("EXAMINE INBOX")
        try client.no("MOVE 1 Archive", "NO")
    }

    @Test func expunges() throws {
        let (client, user) = try Self.filled(5)
        let other = try IMAPMessagesClient(try RunningMartlet.shared.get(), user)
        try client.ok("STORE 2:4 +FLAGS.SILENT (\\Deleted)")
        #expect(try client.text("UID EXPUNGE 1:2") == "* 2 EXPUNGE")
        try other.ok("NOOP")
        try other.ok("ENABLE QRESYNC")
        let lines = try client.ok("EXPUNGE")
        #expect(lines.filter { $0.hasSuffix("EXPUNGE") }.count == 2)
        let vanished = try other.ok("EXPUNGE")
        #expect(vanished.contains("* VANISHED 3:4"), "\(vanished)")
        try other.ok("UID STORE 5 +FLAGS.SILENT (\\Deleted)")
        let last = try other.ok("UID EXPUNGE 1:*")
        #expect(last.contains("* VANISHED 5") && last.last?.hasPrefix("OK [HIGHESTMODSEQ ") == true, "\(last)")
        try client.ok("EXAMINE INBOX")
        try client.no("EXPUNGE", "NO")
    }

    static func filled(_ count: Int) throws -> (IMAPMessagesClient, SampleUsers.User) {
        try IMAPMessagesFetchTests.filled((1...count).map { "A: b\r\n\r\n\($0)" })
    }
}
