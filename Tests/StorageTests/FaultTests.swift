import Glibc
import MailModel
import NIOCore
import Testing

@testable import Storage

/// Full and failing disks.
@Suite struct FaultTests {
    private func code(_ work: () async throws -> Void) async -> UInt16? {
        do {
            try await work()
            return nil
        } catch let error as MailError {
            return error.code
        } catch {
            Issue.record(error)
            return nil
        }
    }

    @Test func aNearlyFullDiskRefusesDrafts() async throws {
        let directory = TemporaryDirectory()
        let disk = FaultyFileSystem()
        disk.setFree(100 << 20)
        let engine = try StorageEngine.open(directory, disk) { $0.minimumFreeBytes = 90 << 20 }
        let error = #expect(throws: MailError.self) { try engine.makeDraft(sizeHint: 11 << 20) }
        #expect(error?.code == 452)
        #expect(error?.status == EnhancedStatusCode(4, 3, 1))
        let early = #expect(throws: MailError.self) { try engine.requireRoom(sizeHint: 11 << 20) }
        #expect(early?.description == error?.description)
        try engine.requireRoom(sizeHint: nil)
        _ = try engine.makeDraft(sizeHint: 9 << 20)
        _ = try engine.makeDraft(sizeHint: nil)
        await engine.close()
    }

    @Test func aFullDiskRefusesTheBatchAndNothingElse() async throws {
        let directory = TemporaryDirectory()
        let disk = FaultyFileSystem()
        var engine = try StorageEngine.open(directory, disk)
        try await engine.accept(body(1), to: local(1))
        disk.fail { call, _ in call == .write ? ENOSPC : nil }
        #expect(await code { try await engine.accept(body(2), to: local(1)) } == 452)
        disk.fail(nil)
        try await engine.accept(body(3), to: local(1))
        #expect(try await texts(engine, 1) == [1, 3])
        await engine.close()
        engine = try StorageEngine.open(directory, FaultyFileSystem(disk.files))
        #expect(try await texts(engine, 1) == [1, 3])
        await engine.close()
    }

    /// After a failed fdatasync the segment is given up: what the kernel holds of it is unknown.
    @Test func aFailedSyncRefusesTheBatchAndLeavesTheSegment() async throws {
        let directory = TemporaryDirectory()
        let disk = FaultyFileSystem()
        var engine = try StorageEngine.open(directory, disk)
        try await engine.accept(body(1), to: local(1))
        disk.fail { call, path in call == .sync && path.hasSuffix("1.log") ? EIO : nil }
        #expect(await code { try await engine.accept(body(2), to: local(1)) } == 451)
        try await engine.accept(body(3), to: local(1))
        #expect(try await texts(engine, 1) == [1, 3])
        #expect(disk.files.keys.filter { $0.hasSuffix(".log") }.count == 2)
        await engine.close()
        disk.fail(nil)
        engine = try StorageEngine.open(directory, FaultyFileSystem(disk.image))
        #expect(try await texts(engine, 1) == [1, 3])
        await engine.close()
    }

    @Test func aFailingCutBackLeavesTheSegmentToo() async throws {
        let directory = TemporaryDirectory()
        let disk = FaultyFileSystem()
        let engine = try StorageEngine.open(directory, disk)
        try await engine.accept(body(1), to: local(1))
        disk.fail { call, _ in call == .write ? ENOSPC : call == .truncate ? EIO : nil }
        #expect(await code { try await engine.accept(body(2), to: local(1)) } == 452)
        disk.fail { call, _ in call == .open ? ENOSPC : nil }
        #expect(await code { try await engine.accept(body(3), to: local(1)) } == 452)
        disk.fail(nil)
        try await engine.accept(body(4), to: local(1))
        #expect(try await texts(engine, 1) == [1, 4])
        await engine.close()
    }

    /// No record is written behind a header that may not be on the disk.
    @Test(arguments: [FaultyFileSystem.Call.write, .sync, .syncDirectory])
    func aSegmentThatCanNotBeBegunIsMadeAgain(failing: FaultyFileSystem.Call) async throws {
        let directory = TemporaryDirectory()
        let disk = FaultyFileSystem()
        var engine = try StorageEngine.open(directory, disk)
        disk.fail { call, _ in call == failing ? EIO : nil }
        #expect(await code { try await engine.accept(body(1), to: local(1)) } == 451)
        disk.fail(nil)
        try await engine.accept(body(2), to: local(1))
        await engine.close()
        engine = try StorageEngine.open(directory, FaultyFileSystem(disk.image))
        #expect(try await texts(engine, 1) == [2])
        await engine.close()
    }

    @Test func aLargeMessageThatDoesNotFitLeavesNothing() async throws {
        let directory = TemporaryDirectory()
        let disk = FaultyFileSystem()
        let engine = try StorageEngine.open(directory, disk) { $0.largeMessageThreshold = 1000 }
        disk.fail { call, path in call == .sync && path.hasSuffix(".big") ? ENOSPC : nil }
        #expect(await code { try await engine.accept(body(1, size: 5000), to: local(1)) } == 452)
        disk.fail { call, path in call == .write && path.hasSuffix(".log") ? ENOSPC : nil }
        #expect(await code { try await engine.accept(body(1, size: 5000), to: local(1)) } == 452)
        disk.fail(nil)
        try await engine.accept(body(2, size: 5000), to: local(1))
        #expect(try await texts(engine, 1) == [2])
        await engine.close()
        #expect(disk.files.keys.filter { $0.hasSuffix(".big") }.count == 1)
    }

    @Test func memoryIsBounded() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory) { $0.outstandingBytes = 10_000 }
        let first = try engine.makeDraft(sizeHint: nil)
        try await first.append(body(1, size: 9000))
        let second = try engine.makeDraft(sizeHint: nil)
        #expect(await code { try await second.append(body(2, size: 2000)) } == 452)
        second.discard()
        try await engine.accept(first, envelope: sender, recipients: [local(1)])
        // Given back: there is room for as much again.
        try await engine.accept(body(3, size: 9000), to: local(1))
        #expect(try await texts(engine, 1) == [1, 3])
        await engine.close()
    }

    /// The numbers of the messages in a user's INBOX; each is whole.
    private func texts(_ engine: StorageEngine, _ user: UInt64) async throws -> [Int] {
        var numbers: [Int] = []
        for message in try await engine.inbox(user) {
            let bytes = try await engine.contents(message)
            let number = (0..<10).first { body($0, size: bytes.readableBytes) == bytes }
            numbers.append(number ?? -1)
        }
        return numbers
    }
}
