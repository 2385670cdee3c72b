import GRDB
import Glibc
import MailModel
import NIOCore
import Testing

@testable import Storage

/// A state directory that is damaged in one place, and what a check says of it.
@Suite struct CheckTests {
    /// Messages in mailboxes, in the queue, in files of their own; some changed, some gone.
    private func filled(_ directory: TemporaryDirectory) async throws {
        let engine = try StorageEngine.open(directory) {
            $0.segmentSize = 20_000
            $0.largeMessageThreshold = 5_000
        }
        for number in 0..<100 {
            try await engine.accept(body(number), to: local(UInt64(number % 3)), local(7))
        }
        try await engine.accept(body(100, size: 9_000), to: local(1), remote(1))
        try await engine.accept(body(101), to: remote(2), remote(3))
        let inbox = try await engine.openMailbox(account(7), name: "INBOX").id
        try await engine.append(body(102), to: inbox, of: account(7), keywords: ["Work"])
        try await engine.append(body(103, size: 8_000), to: inbox, of: account(7))
        try await engine.settle()
        _ = try await engine.store(
            FlagChange(operation: .add, system: [.seen, .deleted], keywords: []), uids: [3, 4, 5],
            in: inbox, account: account(7))
        try await engine.expunge([4], from: inbox, account: account(7))
        await engine.close()
    }

    private func check(_ directory: TemporaryDirectory) throws -> CheckReport {
        try StateCheck(offline: directory.path).run()
    }

    private func change(_ directory: TemporaryDirectory, _ sql: String) throws {
        let queue = try DatabaseQueue(path: directory.path + "/index.sqlite")
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    @Test func aSoundDirectoryHasNoFindings() async throws {
        let directory = TemporaryDirectory()
        try await filled(directory)
        let report = try check(directory)
        #expect(report.findings == [])
        #expect(report.messages == 104)
        #expect(report.largeMessages == 2)
        #expect(report.queued == 2)
        #expect(report.mailboxMessages == 202)
        #expect(report.unapplied == 0)
    }

    @Test func aDamagedOctetNamesMessageAndMailbox() async throws {
        let directory = TemporaryDirectory()
        try await filled(directory)
        let path = directory.path + "/spool/" + (try directory.names(in: "spool")).first { $0.hasSuffix(".log") }!
        let descriptor = open(path, O_RDWR)
        var octet: UInt8 = 0
        pread(descriptor, &octet, 1, 300)
        octet ^= 1
        pwrite(descriptor, &octet, 1, 300)
        close(descriptor)
        let report = try check(directory)
        #expect(report.isDamaged)
        let damage = report.findings.filter { $0.severity == .damage }
        #expect(damage.map(\.subject) == ["message 1"])
        #expect(damage[0].what.contains("UID 1 of “INBOX” of \(account(0))"))
        #expect(damage[0].what.contains("UID 1 of “INBOX” of \(account(7))"))
    }

    @Test(arguments: [".log", ".big"]) func aMissingFileIsDamage(suffix: String) async throws {
        let directory = TemporaryDirectory()
        try await filled(directory)
        let name = try #require(try directory.names(in: "spool").first { $0.hasSuffix(suffix) })
        unlink(directory.path + "/spool/" + name)
        let report = try check(directory)
        #expect(report.isDamaged)
        #expect(report.findings.contains { $0.what.contains("missing") })
    }

    @Test func aCutSegmentIsDamage() async throws {
        let directory = TemporaryDirectory()
        try await filled(directory)
        let spool = directory.path + "/spool/"
        // The last may be one that is made ahead.
        let name = try #require(
            try directory.names(in: "spool").last {
                try $0.hasSuffix(".log")
                    && SystemFileSystem().open(spool + $0, .existing).size() > SegmentHeader.length
            })
        #expect(truncate(spool + name, 100) == 0)
        let report = try check(directory)
        #expect(report.findings.contains { $0.severity == .damage && $0.what.contains("where the index stands") })
    }

    @Test(arguments: [
        "UPDATE messages SET refs = refs + 1 WHERE id % 5 = 0",
        "UPDATE segments SET live = live - 1",
        "DELETE FROM segments WHERE number = 1",
        "UPDATE meta SET id_ceiling = 5",
        "UPDATE accounts SET uidvalidity = 1",
        "UPDATE mailboxes SET messages = 0, unseen = unseen + 1",
        "UPDATE mailboxes SET bytes = bytes + 10",
        "UPDATE mailboxes SET deleted_bytes = deleted_bytes + 10, deleted = deleted + 1",
        "UPDATE mailboxes SET uidnext = 2",
        "UPDATE mailboxes SET modseq = 1",
        "UPDATE mailboxes SET remembered = 77",
        "INSERT INTO expunged SELECT mailbox, uid, modseq FROM mailbox_messages LIMIT 3",
        "UPDATE queue SET next_number = 0",
    ]) func whatCanBeCountedAgainIsMended(sql: String) async throws {
        let directory = TemporaryDirectory()
        try await filled(directory)
        try change(directory, sql)
        let report = try check(directory)
        #expect(report.isMendable && !report.isDamaged)
        try StateRepair.run(directory.path)
        #expect(try check(directory).findings == [])
        // And a server lives with it.
        let engine = try StorageEngine.open(directory)
        #expect(try await engine.inbox(7).count == 101)
        await engine.close()
        #expect(try check(directory).findings == [])
    }

    @Test(arguments: [
        "UPDATE queue_recipients SET routed = x'00' WHERE number = 0",
        "UPDATE queue_recipients SET state = 99",
        "UPDATE queue SET envelope = x'0102'",
        "UPDATE queue SET delivered = x'0102'",
        "DELETE FROM queue WHERE message = (SELECT max(message) FROM queue)",
        "DELETE FROM messages WHERE id = 3",
        "UPDATE messages SET size = size + 1 WHERE id = 3",
        "UPDATE messages SET offset = offset + 1 WHERE id = 3",
        "UPDATE mailbox_messages SET size = size - 1 WHERE message = 3",
        "DELETE FROM mailboxes WHERE id = 1",
        "DELETE FROM accounts WHERE id = 1",
        "DELETE FROM keyword_sets",
        "UPDATE meta SET offset = offset - 7",
    ]) func whatIsLostIsDamageAndStays(sql: String) async throws {
        let directory = TemporaryDirectory()
        try await filled(directory)
        try change(directory, sql)
        #expect(try check(directory).isDamaged)
        try StateRepair.run(directory.path)
        #expect(try check(directory).isDamaged)
    }

    @Test func aBrokenIndexIsDamage() async throws {
        let directory = TemporaryDirectory()
        try await filled(directory)
        let descriptor = open(directory.path + "/index.sqlite", O_RDWR)
        let octets = [UInt8](repeating: 0x55, count: 20_000)
        pwrite(descriptor, octets, octets.count, 5_000)
        close(descriptor)
        #expect(try check(directory).isDamaged)
    }

    @Test func whatNothingRefersToIsNoted() async throws {
        let directory = TemporaryDirectory()
        try await filled(directory)
        for name in ["00000000000fffff.big", "0000000000000000.log"] {
            close(open(directory.path + "/spool/" + name, O_RDWR | O_CREAT, 0o600))
        }
        let report = try check(directory)
        #expect(Set(report.findings.map(\.severity)) == [.note])
        #expect(report.findings.count == 2)
    }

    /// A full or failing disk says nothing of the index.
    @Test func aLeapTellsWhyItFailed() async throws {
        for (code, isOfIndex) in [
            (ResultCode.SQLITE_FULL, false), (.SQLITE_IOERR_WRITE, false), (.SQLITE_CANTOPEN, false),
            (.SQLITE_CORRUPT, true), (.SQLITE_NOTADB, true), (.SQLITE_ERROR, true),
        ] {
            let failure = StateLeap.Failure(DatabaseError(resultCode: code))
            if case .unusable = failure { #expect(isOfIndex, "\(code)") } else { #expect(!isOfIndex, "\(code)") }
            if case .full = failure { #expect(code == .SQLITE_FULL) } else { #expect(code != .SQLITE_FULL) }
        }
        let directory = TemporaryDirectory()
        try await filled(directory)
        let index = try DatabaseQueue(path: directory.path + "/index.sqlite")
        try await index.write { try $0.execute(sql: "DROP TABLE keyword_sets") }
        try index.close()
        do {
            try StateLeap.run(directory.path)
            #expect(try check(directory).isIndexBroken)
        } catch {
            guard case .unusable? = error as? StateLeap.Failure else {
                Issue.record(error)
                return
            }
        }
        do {
            try StateLeap.run(directory.path + "/nowhere")
            Issue.record("no index")
        } catch {
            guard case .prevented = error else {
                Issue.record(error)
                return
            }
        }
    }

    @Test func aLeapPassesEveryNumber() async throws {
        let directory = TemporaryDirectory()
        try await filled(directory)
        var engine = try StorageEngine.open(directory)
        let old = try await engine.openMailbox(account(7), name: "INBOX")
        let oldMailbox = try await engine.openMailbox(account(7), name: "Old").id
        let oldID = try await engine.accept(body(1), to: local(5))
        await engine.close()
        try StateLeap.run(directory.path)
        #expect(try check(directory).findings == [])
        engine = try StorageEngine.open(directory)
        let new = try await engine.openMailbox(account(7), name: "INBOX")
        #expect(new.uidValidity == old.uidValidity)
        #expect(new.uidNext >= old.uidNext + 1_000_000)
        #expect(new.highestModSequence > old.highestModSequence + 1_000_000)
        // A client that was there before hears of all that is gone, UIDs given since the backup too.
        let vanished = try await engine.vanished(since: old.highestModSequence + 5, in: old.id)
        #expect(vanished.contains(4))
        #expect(vanished.contains(old.uidNext + 10))
        #expect(try await engine.openMailbox(account(7), name: "New").id > oldMailbox + 1_000)
        #expect(try await engine.accept(body(1), to: local(5)).rawValue > oldID.rawValue + 1_000_000)
        await engine.close()
    }
}
