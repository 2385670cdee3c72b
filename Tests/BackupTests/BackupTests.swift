import Foundation
import Glibc
import Storage
import TestSupport
import Testing

@testable import Backup

@Suite struct BackupTests {
    @Test func aBackupIsRestored() async throws {
        let fixture = try Fixture()
        let engine = try fixture.open()
        try await fixture.fill(engine, 0..<50)
        try TextFile.write("0123456789", to: fixture.state + "/scram.key")
        try TextFile.write("facts", to: fixture.state + "/cache.sqlite")
        let report = try fixture.backup("one")
        #expect(report.missing == [])
        await engine.close()

        let target = fixture.files.path + "/deep/elsewhere"
        let restored = try fixture.restore("one", to: target)
        #expect(restored.check?.findings == [])
        #expect(restored.files == report.files)
        let names = try FileManager.default.contentsOfDirectory(atPath: target).sorted()
        #expect(names == ["index.sqlite", "lock", "scram.key", "spool"])
        #expect(try String(contentsOfFile: target + "/scram.key", encoding: .utf8) == "0123456789")
        let other = try fixture.open(target)
        #expect(try await fixture.bodies(other, count: 50) == (0..<50).map { Fixture.body($0) })
        // It is a server's directory like any other.
        try await fixture.fill(other, 50..<60)
        #expect(try await fixture.bodies(other, count: 60).count == 60)
        await other.close()
        #expect(try fixture.verify("one").check?.findings == [])
    }

    /// By a version whose index had less in it.
    @Test func anOlderBackupIsRestored() async throws {
        let fixture = try await Fixture(messages: 5, isIndexed: true)
        try await fixture.changeIndex(
            "ALTER TABLE mailbox_messages DROP COLUMN conversion",
            "ALTER TABLE queue DROP COLUMN delivered",
            "DELETE FROM grdb_migrations WHERE identifier IN ('4', '5')")
        try fixture.backup("one")
        let verified = try fixture.verify("one")
        #expect(verified.check == nil)
        let target = fixture.target
        #expect(try fixture.restore("one", to: target).check?.findings == [])
        try await fixture.expectMessages(5, in: target)
    }

    /// A newer version's, or damaged when it was backed up: nothing takes its place.
    @Test(arguments: [
        ("INSERT INTO grdb_migrations VALUES ('99')", "was written by a newer version of this server"),
        ("DROP TABLE grdb_migrations", "has no tables"),
        ("DROP TABLE keyword_sets", "no such table"),
    ]) func anIndexThatCannotBeUsedIsRefused(sql: String, why: String) async throws {
        let fixture = try await Fixture(messages: 5, isIndexed: true)
        try await fixture.changeIndex(sql)
        try fixture.backup("one")
        let archive = try fixture.archive("one.tar")
        let target = fixture.target
        func expectRefusal(_ place: String, _ body: () throws -> Restore.Report) {
            do {
                _ = try body()
                Issue.record("\(place) is restored")
            } catch {
                #expect(error is BackupError)
                let text = "\(error)"
                #expect(text.hasPrefix(place + " can't be used") && text.contains(why), "\(text)")
            }
        }
        expectRefusal(fixture.backups + "/one/index.sqlite") { try fixture.verify("one") }
        expectRefusal(fixture.backups + "/one/index.sqlite") { try fixture.restore("one", to: target) }
        expectRefusal(archive + "(index.sqlite)") { try fixture.restore("one.tar", to: target) }
        expectRefusal("standard input(index.sqlite)") { try fixture.restore(stream: "one.tar", to: target) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: target) == ["lock"])
    }

    /// The backup is not to blame, and another one is of no use.
    @Test func aFullDiskIsNotTheBackupsFault() async throws {
        let fixture = try await Fixture(messages: 0)
        try fixture.backup("one")
        let restore = try Restore(of: fixture.backups + "/one", to: "/state")
        #expect(
            restore.explain(.full("13"), "/state/restoring").description
                == "/state has no room for what the index needs: make room there (13)")
        #expect(
            restore.explain(.prevented("10"), "/state/restoring").description
                == "/state/restoring/index.sqlite can't be read or written: 10")
    }

    @Test func aStateWithoutMailIsRestored() async throws {
        let fixture = try await Fixture(messages: 0)
        try fixture.backup("one")
        #expect(try fixture.verify("one").check?.findings == [])
        let target = fixture.target
        #expect(try fixture.restore("one", to: target).check?.findings == [])
        await (try fixture.open(target)).close()
    }

    @Test func filesAreForTheirOwnerOnly() async throws {
        let fixture = try await Fixture(messages: 11)
        try fixture.backup("one")
        let target = fixture.target
        _ = try fixture.restore("one", to: target)
        for path in [fixture.backups + "/one", target] {
            for name in [""] + (FileManager.default.enumerator(atPath: path)!.allObjects as! [String]) {
                var status = stat()
                #expect(lstat(path + "/" + name, &status) == 0)
                #expect(status.st_mode & 0o077 == 0, "\(path)/\(name)")
            }
        }
    }

    @Test func whatIsEqualIsTakenFromTheBase() async throws {
        let fixture = try Fixture()
        let engine = try fixture.open()
        try await fixture.fill(engine, 0..<100)
        _ = try await fixture.bodies(engine, count: 100)
        try fixture.backup("one")
        try await fixture.fill(engine, 100..<120)
        _ = try await fixture.bodies(engine, count: 120)
        let second = try fixture.backup("two", base: "one")
        #expect(second.reused > 10)
        #expect(second.reusedOctets > second.octets / 3)
        await engine.close()
        // The base is not needed any more.
        TemporaryDirectory.remove(fixture.backups + "/one")
        let target = fixture.target
        #expect(try fixture.restore("two", to: target).check?.findings == [])
        try await fixture.expectMessages(120, in: target)
    }

    @Test func anotherFilesNamesakeIsNotTaken() async throws {
        let fixture = try await Fixture(messages: 100, isIndexed: true)
        try fixture.backup("one")
        // Restored elsewhere without its dates, or written anew: not known to be the same.
        for name in try FileManager.default.contentsOfDirectory(atPath: fixture.state + "/spool") {
            #expect(utimensat(AT_FDCWD, fixture.state + "/spool/" + name, nil, 0) == 0)
        }
        #expect(try fixture.backup("two", base: "one").reused == 0)
    }

    @Test(arguments: ["index.sqlite", "spool"]) func aDamagedBackupIsRefused(part: String) async throws {
        let fixture = try await Fixture(messages: 30)
        try fixture.backup("one")
        var path = fixture.backups + "/one/" + part
        if part == "spool" {
            path += "/" + (try FileManager.default.contentsOfDirectory(atPath: path).sorted()[0])
        }
        let descriptor = open(path, O_RDWR)
        var octet: UInt8 = 0
        pread(descriptor, &octet, 1, 400)
        octet ^= 0xff
        pwrite(descriptor, &octet, 1, 400)
        close(descriptor)
        #expect(throws: BackupError.self) { try fixture.verify("one") }
        let target = fixture.target
        #expect(throws: BackupError.self) { try fixture.restore("one", to: target) }
        // Nothing of it is there, and a server starts.
        #expect(try FileManager.default.contentsOfDirectory(atPath: target) == ["lock"])
        await (try fixture.open(target)).close()
    }

    @Test func anUnfinishedBackupIsRefused() async throws {
        let fixture = try await Fixture(messages: 0)
        try fixture.backup("one")
        unlink(fixture.backups + "/one/manifest.json")
        #expect(throws: BackupError.self) { try fixture.verify("one") }
        #expect(throws: BackupError.self) { try fixture.backup("one") }
    }

    @Test(arguments: ["../../etc/passwd", "/etc/passwd", "spool//x", "", "spool/./x"])
    func aManifestNamesNothingElse(name: String) async throws {
        let fixture = try await Fixture(messages: 0)
        try fixture.backup("one")
        let path = fixture.backups + "/one/manifest.json"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try TextFile.write(
            text.replacing("\"index.sqlite\"", with: "\"\(name)\""), to: path)
        #expect(throws: BackupError.self) { try fixture.verify("one") }
    }

    @Test func whatIsThereIsKept() async throws {
        let fixture = try Fixture()
        var engine = try fixture.open()
        try await fixture.fill(engine, 0..<10)
        try fixture.backup("one")
        try await fixture.fill(engine, 10..<20)
        _ = try await fixture.bodies(engine, count: 20)
        #expect(throws: BackupError.self) {
            try fixture.restore("one", to: fixture.state, replacing: true)
        }
        await engine.close()
        #expect(throws: BackupError.self) { try fixture.restore("one", to: fixture.state) }
        let report = try fixture.restore("one", to: fixture.state, replacing: true)
        engine = try fixture.open()
        let inbox = try await engine.listInbox(of: Fixture.account)
        #expect(inbox.messages.count == 10)
        // UIDs that clients may know of mail that is gone are not given again.
        try await fixture.fill(engine, 20..<21)
        _ = try await fixture.bodies(engine, count: 11)
        #expect(try await engine.listInbox(of: Fixture.account).messages.last!.uid > 20)
        await engine.close()
        let replaced = try #require(report.replaced)
        let old = try fixture.open(replaced)
        #expect(try await fixture.bodies(old, count: 20).count == 20)
        await old.close()
    }

    @Test func aRestoreThatWasCutShortKeepsServersAway() async throws {
        let fixture = try await Fixture(messages: 0)
        try fixture.backup("one")
        let target = fixture.target
        try Folder.make(target + "/restoring")
        try TextFile.write("half", to: target + "/restoring/index.sqlite")
        #expect(throws: StorageError.self) { try fixture.open(target) }
        _ = try fixture.restore("one", to: target)
        await (try fixture.open(target)).close()
    }

    @Test func whatIsMissingIsTold() async throws {
        let fixture = try await Fixture(messages: 11)
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: fixture.state + "/spool")
                .first { $0.hasSuffix(".big") })
        unlink(fixture.state + "/spool/" + name)
        #expect(try fixture.backup("one").missing == ["spool/" + name])
        #expect(try fixture.verify("one").check?.isDamaged == true)
    }

    @Test func tarReadsAnArchive() async throws {
        let fixture = try Fixture()
        let engine = try fixture.open()
        try await fixture.fill(engine, 0..<50)
        let archive = try fixture.archive("one.tar")
        await engine.close()
        try FileManager.default.createDirectory(
            atPath: fixture.backups + "/one", withIntermediateDirectories: true)
        _ = try ChildProcess.run(
            ["/usr/bin/tar", "-xf", archive, "-C", fixture.backups + "/one"], in: fixture.files.path)
        #expect(try fixture.verify("one").check?.findings == [])
    }

    /// Under another name, as it is too.
    @Test func anArchiveIsRestored() async throws {
        let fixture = try Fixture()
        let archive = try await fixture.archiveWithKey("one.tar", messages: 50)
        #expect(symlink(archive, fixture.backups + "/latest") == 0)
        let verified = try fixture.verify("latest")
        #expect(verified.check == nil && verified.files > 3)
        let target = fixture.target
        let restored = try fixture.restore("latest", to: target)
        #expect(restored.check?.findings == [] && restored.files == verified.files)
        #expect(try String(contentsOfFile: target + "/scram.key", encoding: .utf8) == "0123456789")
        try await fixture.expectMessages(50, in: target)
    }

    /// A flipped bit anywhere, an archive that ends early, one without an end.
    @Test func aDamagedArchiveIsRefused() async throws {
        let fixture = try Fixture()
        let engine = try fixture.open()
        try await fixture.fill(engine, 0..<5)
        let archive = try fixture.archive("one.tar")
        await engine.close()
        let whole = try Array(Data(contentsOf: URL(fileURLWithPath: archive)))
        let parts = try TarReader(archive).look().get()
        // Not the manifest, whose dates and names nobody can check; nor zeros, which may be padding.
        let end = try #require(parts["manifest.json"]).place
        let places = stride(from: 0, to: Int(end), by: Int(end) / 40)
        for (number, place) in places.enumerated() where whole[place] != 0 {
            var octets = whole
            octets[place] ^= 0x10
            try Data(octets).write(to: URL(fileURLWithPath: "\(fixture.backups)/bit\(number)"))
            #expect(throws: BackupError.self, "octet \(place)") { try fixture.verify("bit\(number)") }
            #expect(throws: BackupError.self, "octet \(place)") { try fixture.verify(stream: "bit\(number)") }
        }
        for (number, end) in places.enumerated() {
            try Data(whole[..<end]).write(to: URL(fileURLWithPath: "\(fixture.backups)/cut\(number)"))
            #expect(throws: BackupError.self, "\(end) octets") { try fixture.verify("cut\(number)") }
            #expect(throws: BackupError.self, "\(end) octets") { try fixture.verify(stream: "cut\(number)") }
        }
        let target = fixture.target
        #expect(throws: BackupError.self) { try fixture.restore("cut20", to: target) }
        #expect(throws: BackupError.self) { try fixture.restore(stream: "cut20", to: target) }
        #expect(throws: BackupError.self) { try fixture.restore(stream: "bit20", to: target) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: target) == ["lock"])
    }

    private static let manifest = """
        {"format": 1, "created": "2026-01-01T00:00:00Z", "host": "h", "version": "1", "files": [
        {"name": "NAME", "size": SIZE, "modified": 0,
         "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}]}
        """

    /// - Parameters:
    ///   - others: names, in the archive only.
    ///   - behind: the same, behind the manifest.
    private func archive(
        _ place: String, of name: String, as kind: String = "0", prefix: String = "", others: [String] = [],
        behind: [String] = [], size: String = "3"
    ) throws {
        var octets: [UInt8] = []
        func add(_ name: String, _ contents: String, _ kind: String = "0", _ prefix: String = "") {
            var header = TarHeader.make(name, size: Int64(contents.utf8.count), modified: 0)
            header[156] = kind.utf8.first!
            for (index, octet) in prefix.utf8.enumerated() { header[345 + index] = octet }
            for index in 148..<156 { header[index] = 0x20 }
            let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
            for (index, octet) in ("00000" + sum).suffix(6).utf8.enumerated() { header[148 + index] = octet }
            header[154] = 0
            octets += header + Array(contents.utf8)
            octets += [UInt8](repeating: 0, count: TarHeader.padding(after: Int64(contents.utf8.count)))
        }
        add(name, "abc", kind, prefix)
        for other in others { add(other, "abc") }
        let manifest = Self.manifest.replacing("NAME", with: name).replacing("SIZE", with: size)
        add("manifest.json", manifest)
        for other in behind { add(other, "abc") }
        octets += [UInt8](repeating: 0, count: 1024)
        try Data(octets).write(to: URL(fileURLWithPath: place))
    }

    @Test func anArchiveWritesNothingElse() throws {
        let fixture = try Fixture()
        let target = fixture.target
        let path = fixture.backups + "/one"
        func refusal() -> String {
            var text = ""
            do { _ = try fixture.verify("one") } catch { text = "\(error)" }
            #expect(throws: BackupError.self) { try fixture.restore("one", to: target) }
            // The same of what comes in.
            var other = ""
            do { _ = try fixture.verify(stream: "one") } catch { other = "\(error)" }
            #expect(other.replacing("-xf -", with: "-xf standard input") == text.replacing(path, with: "standard input"))
            #expect(throws: BackupError.self) { try fixture.restore(stream: "one", to: target) }
            return text
        }
        try archive(path, of: "spool/x")
        #expect(try fixture.verify("one").files == 1)
        #expect(try fixture.verify(stream: "one").files == 1)
        // It has no index; a text in its place.
        #expect(throws: BackupError.self) { try fixture.restore("one", to: target) }
        try archive(path, of: "index.sqlite")
        #expect(throws: BackupError.self) { try fixture.restore("one", to: target) }
        for name in ["../x", "/tmp/x", "spool/../../x", "./x", "spool//x"] {
            try archive(path, of: name)
            #expect(refusal().contains("of another form"), "\(name)")
            try archive(path, of: "spool/x", others: [name])
            #expect(refusal().contains("of another form"), "\(name)")
        }
        // Hard and symbolic links, devices, other programs' long names; a prefix of the name.
        for kind in ["1", "2", "3", "4", "6", "L", "x", "g", "5"] {
            try archive(path, of: "spool/x", as: kind)
            #expect(refusal().contains("of another form"), "\(kind)")
        }
        try archive(path, of: "spool/x", prefix: "..")
        #expect(refusal().contains("of another form"))
        try archive(path, of: "spool/x", size: "9223372036854775807")
        #expect(refusal().contains("has 3 octets and should have 9223372036854775807"))
        try archive(path, of: "spool/x", others: ["spool/x"])
        #expect(refusal().contains("of another form"))
        try archive(path, of: "spool/x", others: ["spool/y"])
        #expect(refusal().contains("holds “spool/y”, which its manifest does not name"))
        try archive(path, of: "spool/x", behind: ["spool/y"])
        #expect(refusal().contains("of another form"))
        #expect(!FileManager.default.fileExists(atPath: fixture.files.path + "/x"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: target) == ["lock"])
    }

    @Test func aTarHeaderHasRoomForMuch() {
        let size: Int64 = 5 << 40
        let block = TarHeader.make("x", size: size, modified: 1)
        #expect(block[124] == 0x80)
        #expect(block[128..<136].reduce(0) { $0 << 8 | Int64($1) } == size)
        #expect(TarHeader.padding(after: 512) == 0)
        #expect(TarHeader.padding(after: 513) == 511)
    }
}
