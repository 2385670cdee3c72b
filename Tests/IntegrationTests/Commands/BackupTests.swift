import Foundation
import Glibc
import Synchronization
import Testing
import TestSupport

/// `martlet backup`, `restore` and `fsck` beside a server that is busy.
@Suite(.ownThreads) struct BackupTests {
    /// Clients that deliver until they are told to end, each to an account of its own.
    private final class Load: Sendable {
        static let clients = 4
        /// Subjects that were answered with 250, by client.
        let answered = Mutex([[String]](repeating: [], count: clients))
        private let isOver = Atomic(false)
        private let running = Atomic(clients)

        func start(_ server: RunningMartlet, _ users: [SampleUsers.User]) {
            for client in 0..<Self.clients {
                Thread.detachNewThread { [self] in
                    defer { running.subtract(1, ordering: .releasing) }
                    do {
                        try deliver(client, server, to: users[client].address)
                    } catch {
                        // The server was killed.
                    }
                }
            }
        }

        private func deliver(_ client: Int, _ server: RunningMartlet, to address: String) throws {
            let connection = try server.smtp(.mx)
            for number in 0... {
                if isOver.load(ordering: .relaxed) { return }
                let subject = "Subject: \(client)-\(number)"
                // Each seventh in a file of its own.
                let text = String(repeating: "text\r\n", count: number % 7 == 3 ? 50_000 : 20)
                try connection.expect("MAIL FROM:<sender@elsewhere.example>", "250")
                try connection.expect("RCPT TO:<\(address)>", "250")
                try connection.expect("DATA", "354")
                try connection.expect("\(subject)\r\n\r\n\(text).", "250")
                answered.withLock { $0[client].append(subject) }
            }
        }

        /// Waits for so many more.
        func more(_ count: Int) throws -> [[String]] {
            let before = answered.withLock { $0.joined().count }
            guard eventually({ answered.withLock { $0.joined().count >= before + count } }) else {
                throw TestFailure("the server takes no mail")
            }
            return answered.withLock { $0 }
        }

        func end() {
            isOver.store(true, ordering: .relaxed)
            _ = eventually { running.load(ordering: .acquiring) == 0 }
        }
    }

    private struct Report: Decodable {
        var files: Int
        var octets: Int
        var reused: Int
        var missing: [String]
    }

    private func backup(_ server: RunningMartlet, _ arguments: String...) throws -> Report {
        let result = try server.martlet(["backup", "--json"] + arguments)
        guard result.status == 0 else { throw TestFailure("\(result)") }
        return try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
    }

    @Test func underLoadNothingAnsweredIsMissing() throws {
        let server = try RunningMartlet()
        let users = (0..<Load.clients).map { _ in server.newUser() }
        let load = Load()
        load.start(server, users)
        _ = try load.more(40)
        let first = try backup(server, "--output", "\(server.path)/one")
        #expect(first.missing == [])
        let promised = try load.more(20)
        let second = try backup(server, "--output", "\(server.path)/two", "--base", "\(server.path)/one")
        #expect(second.missing == [] && second.reused > 0 && second.octets > first.octets)
        #expect(try backup(server, "--output", "\(server.path)/three.tar").missing == [])
        let online = try server.martlet("fsck", "--online")
        #expect(online.status == 0, "\(online)")
        _ = try load.more(10)
        server.kill9()
        load.end()
        let offline = try server.martlet("fsck")
        #expect(offline.status == 0, "\(offline)")

        try FileManager.default.moveItem(atPath: server.state, toPath: server.state + ".old")
        let dry = try server.martlet("restore", "--dry-run", "\(server.path)/two")
        #expect(dry.status == 0 && dry.output.contains("nothing is wrong"), "\(dry)")
        let restored = try server.martlet("restore", "\(server.path)/three.tar")
        #expect(restored.status == 0, "\(restored)")
        try server.start()
        for (client, subjects) in promised.enumerated() {
            let messages = try server.messages(of: users[client], count: subjects.count)
            let found = messages.compactMap { $0.first { $0.hasPrefix("Subject: ") } }
            #expect(Set(found).isSuperset(of: subjects))
            #expect(Set(found).count == found.count)
        }
        #expect(server.stop() == 0)
        let last = try server.martlet("fsck")
        #expect(last.status == 0, "\(last)")
    }

    @Test func aRunningServerIsLeftAlone() throws {
        let server = try RunningMartlet.shared.get()
        let output = try TemporaryDirectory()
        _ = try backup(server, "--output", "\(output.path)/one")
        for arguments in [["restore", "\(output.path)/one"], ["restore", "--replace", "\(output.path)/one"], ["fsck"]] {
            let result = try server.martlet(arguments)
            #expect(result.status == 75 && result.output.contains("a server uses"), "\(result)")
        }
        let dry = try server.martlet("restore", "--dry-run", "\(output.path)/one")
        #expect(dry.status == 0 && dry.output.contains("nothing is wrong"), "\(dry)")
        let again = try server.martlet("backup", "--output", "\(output.path)/one")
        #expect(again.status == 75 && again.output.contains("is not empty"), "\(again)")
    }

    @Test func anArchiveGoesToStandardOutput() throws {
        let server = try RunningMartlet.shared.get()
        let output = try TemporaryDirectory()
        let script = """
            mkdir "$1/one" && "$0" backup --output - --config "$2" 2>"$1/report" | tar -xf - -C "$1/one" \
            && "$0" restore --dry-run "$1/one" --config "$2"
            """
        let result = try Tool.run(
            ["/bin/sh", "-c", script, try RunningMartlet.binary(), output.path, server.configuration])
        #expect(result.status == 0 && result.output.contains("nothing is wrong"), "\(result)")
        #expect(try TextFile.read(output.path + "/report").contains("files, "))
    }

    @Test func anArchiveComesFromStandardInput() throws {
        let server = try RunningMartlet.shared.get()
        let place = try TemporaryDirectory()
        let elsewhere = place.path + "/martlet.yaml"
        let text = try TextFile.read(server.configuration)
        try TextFile.write(text.replacing("state: state", with: "state: \(place.path)/state"), to: elsewhere)
        func run(_ script: String) throws -> Tool.Result {
            try Tool.run(["/bin/sh", "-c", script, try RunningMartlet.binary(), server.configuration, elsewhere])
        }
        let backup = "\"$0\" backup --output - --config \"$1\" 2>/dev/null"
        let dry = try run("\(backup) | \"$0\" restore --dry-run - --config \"$2\"")
        #expect(dry.status == 0 && dry.output.contains("can be restored"), "\(dry)")
        #expect(!FileManager.default.fileExists(atPath: place.path + "/state"))
        let cut = try run("\(backup) | head -c 20000 | \"$0\" restore - --config \"$2\"")
        #expect(cut.status == 75 && cut.output.contains("standard input ended before the archive did"), "\(cut)")
        let restored = try run("\(backup) | \"$0\" restore - --config \"$2\"")
        #expect(restored.status == 0 && restored.output.contains("nothing is wrong"), "\(restored)")
        let check = try run("\"$0\" fsck --config \"$2\"")
        #expect(check.status == 0, "\(check)")
    }

    @Test func damageIsFoundAndToldApart() throws {
        let server = try RunningMartlet()
        let user = server.newUser()
        try server.deliver(to: [user.address], "Subject: large\r\n\r\n" + String(repeating: "text\r\n", count: 50_000))
        _ = try server.messages(of: user)
        #expect(server.stop() == 0)
        let spool = server.state + "/spool"
        let large = try #require(
            try FileManager.default.contentsOfDirectory(atPath: spool).first { $0.hasSuffix(".big") })
        try FileManager.default.moveItem(atPath: "\(spool)/\(large)", toPath: server.path + "/large")
        let damaged = try server.martlet("fsck", "--repair")
        #expect(damaged.status == 2 && damaged.output.contains("UID 1 of “INBOX”"), "\(damaged)")
        let backup = try server.martlet("backup", "--output", "\(server.path)/one")
        #expect(backup.status == 1 && backup.output.contains("MISSING: spool/\(large)"), "\(backup)")
        try FileManager.default.moveItem(atPath: server.path + "/large", toPath: "\(spool)/\(large)")
        #expect(try server.martlet("fsck").status == 0)
    }

    /// What is no backup is told apart, with what to do.
    @Test func restoringWhatIsNone() throws {
        let server = try RunningMartlet.shared.get()
        let place = try TemporaryDirectory()
        let made = try server.martlet("backup", "--output", "\(place.path)/whole.tar")
        #expect(made.status == 0 && !made.output.contains("base"), "\(made)")
        _ = try backup(server, "--output", "\(place.path)/good")
        let whole = try Data(contentsOf: URL(fileURLWithPath: "\(place.path)/whole.tar"))
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: "\(place.path)/half.tar"))
        try TextFile.write("garbage\n", to: "\(place.path)/garbage.tar")
        let manifest = try TextFile.read("\(place.path)/good/manifest.json")
        for (name, text) in [
            ("empty", nil), ("garbled", "{\"format\": 1"), ("other", "{\"format\": 1}"),
            ("newer", manifest.replacing("\"format\" : 1", with: "\"format\" : 2")), ("files", manifest),
        ] {
            try FileManager.default.createDirectory(atPath: "\(place.path)/\(name)", withIntermediateDirectories: false)
            if let text { try TextFile.write(text, to: "\(place.path)/\(name)/manifest.json") }
        }
        let dry = try server.martlet("restore", "--dry-run", "\(place.path)/whole.tar")
        #expect(dry.status == 0 && dry.output.contains("mail and index are checked when it is"), "\(dry)")
        let base = try server.martlet("backup", "--base", "\(place.path)/whole.tar", "--output", "\(place.path)/more")
        #expect(base.status == 75 && base.output.contains("is an archive: unpack it first"), "\(base)")
        for (name, said) in [
            ("missing", "does not exist: name the directory or archive of a backup"),
            ("half.tar", "is an archive without its end"),
            ("garbage.tar", "is neither the directory of a backup nor an archive of one"),
            ("empty", "has no manifest.json"), ("garbled", "is garbled or cut short: take another backup"),
            ("other", "lacks what a manifest must have"), ("newer", "has format 2, and this version reads 1"),
            ("files", "is missing: the backup is damaged, take another"),
        ] {
            let result = try server.martlet("restore", "--dry-run", "\(place.path)/\(name)")
            #expect(result.status == 75 && result.output.hasPrefix("martlet restore: \(place.path)/\(name)"), "\(result)")
            #expect(result.output.contains(said) && !result.output.contains("Cocoa"), "\(said): \(result)")
            #expect(result.output.split(separator: "\n").count == 1, "\(result)")
        }
    }

    @Test func withADamagedIndex() throws {
        let server = try RunningMartlet()
        #expect(server.stop() == 0)
        _ = try backup(server, "--output", "\(server.path)/copy")
        for path in [server.state, "\(server.path)/copy"] {
            for name in ["index.sqlite-wal", "index.sqlite-shm"] { unlink("\(path)/\(name)") }
            try TextFile.write("no database, just text\n", to: "\(path)/index.sqlite")
        }
        for (arguments, status) in [
            (["backup", "--output", "\(server.path)/more"], 75), (["fsck", "--online"], 75),
            (["queue", "list"], 75), (["serve"], 1),
        ] {
            let result = try server.martlet(arguments)
            #expect(result.status == status && result.output.contains("index.sqlite is damaged; restore a backup: SQLite error 26"), "\(result)")
        }
        let check = try server.martlet("fsck")
        #expect(check.status == 2 && check.output.contains("comes back from a backup only: see martlet restore"), "\(check)")
    }

    @Test func withoutAStateDirectory() throws {
        let server = try RunningMartlet.shared.get()
        let place = try TemporaryDirectory()
        let text = try TextFile.read(server.configuration)
        try TextFile.write(text.replacing("state: state", with: "state: \(place.path)/none"), to: place.path + "/martlet.yaml")
        for arguments in [
            ["backup", "--output", "\(place.path)/copy"], ["fsck"], ["fsck", "--online"], ["queue", "list"],
            ["queue", "summary"], ["queue", "show", "4KQ2"], ["queue", "trace", "4KQ2"],
        ] {
            let result = try Tool.run([try RunningMartlet.binary()] + arguments + ["--config", place.path + "/martlet.yaml"])
            #expect(result.status == 75 && result.output.contains("\(place.path)/none does not exist: the server makes it"), "\(result)")
            #expect(result.output.split(separator: "\n").count == 1, "\(result)")
        }
    }

    @Test(arguments: [
        ["backup", "--output", "-", "--base", "/x"], ["fsck", "--online", "--repair"],
    ]) func whatDoesNotGoTogether(arguments: [String]) throws {
        let result = try Tool.run([try RunningMartlet.binary()] + arguments)
        #expect(result.status == 64, "\(result)")
    }
}
