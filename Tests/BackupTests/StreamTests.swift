import Foundation
import Glibc
import Storage
import TestSupport
import Testing

@testable import Backup

/// `martlet backup --output - | martlet restore -`.
@Suite struct StreamTests {
    /// In pieces that end anywhere; behind the end what tar fills up with.
    @Test func anArchiveIsRestoredAsItComes() async throws {
        let fixture = try Fixture()
        let archive = try await fixture.archiveWithKey("one.tar", messages: 50)
        let octets = try Data(contentsOf: URL(fileURLWithPath: archive)) + Data(count: 9_000)
        let target = fixture.target
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        let writer = Thread {
            var place = 0
            while place < octets.count {
                let piece = octets[place..<min(octets.count, place + 3_001)]
                let count = piece.withUnsafeBytes { write(writing, $0.baseAddress, $0.count) }
                guard count > 0 else { break }
                place += count
            }
            close(writing)
        }
        writer.start()
        let restored = try Restore(from: ArchiveStream(reading), to: target).run(replacing: false) { _, _, _ in }
        #expect(close(reading) == 0)
        #expect(restored.check?.findings == [])
        #expect(try String(contentsOfFile: target + "/scram.key", encoding: .utf8) == "0123456789")
        // Dates too, to the nanosecond: the next backup may have one from before as its base.
        let manifest = try Restore(from: ArchiveSource(archive), to: target).verify { _, _, _ in }
        #expect(manifest.files == restored.files)
        for file in try ArchiveSource(archive).manifest.files where file.name.hasPrefix("spool/") {
            var status = stat()
            #expect(lstat(target + "/" + file.name, &status) == 0)
            let modified = status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
            #expect(modified == Int(file.modified), "\(file.name)")
            #expect(status.st_mode & 0o077 == 0, "\(file.name)")
        }
        try await fixture.expectMessages(50, in: target)
    }

    /// Nothing of it is there, and what was there is.
    @Test func whatEndsEarlyTakesNoPlace() async throws {
        let fixture = try Fixture()
        let engine = try fixture.open()
        try await fixture.fill(engine, 0..<10)
        let archive = try fixture.archive("one.tar")
        await engine.close()
        let before = try FileManager.default.contentsOfDirectory(atPath: fixture.state).sorted()
        let whole = try Data(contentsOf: URL(fileURLWithPath: archive))
        // Without its end, all files are there.
        for (count, said) in [
            (0, "is empty"), (100, "is no archive of a backup"), (whole.count / 2, "ended before the archive did"),
            (whole.count - 1024, "ended before the archive did"),
        ] {
            try whole.prefix(count).write(to: URL(fileURLWithPath: fixture.backups + "/cut"))
            do {
                _ = try fixture.restore(stream: "cut", to: fixture.state, replacing: true)
                Issue.record("\(count) octets are restored")
            } catch {
                #expect("\(error)".hasPrefix("standard input \(said)"), "\(error)")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.state).sorted() == before)
        }
        #expect(throws: BackupError.self) { try fixture.restore(stream: "one.tar", to: fixture.state) }
        let report = try fixture.restore(stream: "one.tar", to: fixture.state, replacing: true)
        #expect(report.replaced != nil && report.check?.findings == [])
        let other = try fixture.open()
        #expect(try await fixture.bodies(other, count: 10).count == 10)
        await other.close()
    }
}
