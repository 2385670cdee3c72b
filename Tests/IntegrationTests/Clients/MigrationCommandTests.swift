import Foundation
import Testing
import TestSupport

/// `martlet import` and `martlet export` against the running server.
@Suite(.ownThreads) struct MigrationCommandTests {
    let server: RunningMartlet
    let user: SampleUsers.User
    let files: TemporaryDirectory

    init() throws {
        server = try RunningMartlet.shared.get()
        user = server.newUser()
        files = try TemporaryDirectory()
    }

    // MARK: Maildir

    /// What an export writes is what was imported, whichever account it went through.
    @Test func exportEqualsImport() throws {
        let source = files.path + "/Maildir"
        try makeMaildir(source)
        let first = try imported("maildir:" + source)
        #expect(first.copied == 9 && first.known == 0 && first.failures.isEmpty, "\(first)")
        let again = try imported("maildir:" + source)
        #expect(again.copied == 0 && again.known == 9 && again.failures.isEmpty, "\(again)")

        let copy = files.path + "/copy"
        try export(to: copy)
        let messages = try contents(of: copy)
        #expect(try messages == contents(of: source))
        try export(to: copy)
        #expect(try contents(of: copy) == messages)

        let other = server.newUser()
        let second = try imported("maildir:" + copy, account: other)
        #expect(second.copied == 9, "\(second)")
        try export(to: files.path + "/copy2", account: other)
        #expect(try contents(of: files.path + "/copy2") == messages)
    }

    @Test func onlyWhatIsNew() throws {
        let source = files.path + "/Maildir"
        try makeMaildir(source)
        _ = try imported("maildir:" + source)
        let client = try IMAPMessagesClient(server, user)
        try client.ok("STORE 1:* +FLAGS (\\Deleted)")
        try client.ok("EXPUNGE")
        try TextFile.write("Subject: late\n\n", to: source + "/new/1600000000.late")
        let report = try imported("maildir:" + source)
        #expect(report.copied == 1 && report.known == 9, "\(report)")
        try client.ok("NOOP")
        #expect(try client.text("FETCH 1:* (FLAGS)") == "* 1 FETCH (FLAGS ())")
        let dry = try imported("maildir:" + source, "--dry-run")
        #expect(dry.copied == 0 && dry.known == 10, "\(dry)")
    }

    /// What is known to be in one place is not yet in another.
    @Test func eachTargetGetsItsCopy() async throws {
        let source = files.path + "/Maildir"
        try makeMaildir(source)
        let client = try IMAPMessagesClient(server, user, select: nil)
        let rows: [(options: [String], copied: Int)] = [
            ([], 9), (["--prefix", "Old/", "--dry-run"], 9), (["--prefix", "Old/"], 9),
            (["--prefix", "Older/"], 9), (["--map", "Sent=Elsewhere"], 2),
            // Where they went by default.
            (["--map", "Sent=Sent"], 0),
        ]
        for (options, copied) in rows {
            let report = try imported("maildir:" + source, options)
            #expect(report.copied == copied && report.known == 9 - copied, "\(options): \(report)")
            guard !options.contains("--dry-run") else { continue }
            let again = try imported("maildir:" + source, options)
            #expect(again.copied == 0 && again.known == 9, "\(options): \(again)")
        }
        for mailbox in ["Sent", "Old/Sent", "Older/Sent", "Elsewhere"] {
            #expect(try count(in: mailbox) == 2)
        }
        // Sent mail stays where it is when the user renames that.
        try client.ok("RENAME Sent Gesendet")
        let renamed = try imported("maildir:" + source)
        #expect(renamed.copied == 0 && renamed.known == 9, "\(renamed)")
        #expect(try count(in: "Gesendet") == 2)
    }

    @Test func whatCanNotBeCopiedIsToldAndTheRestGoesOn() throws {
        let source = files.path + "/Maildir"
        for folder in ["", "/.\u{1}", "/.Kept"] { try makeFolder(source + folder) }
        try TextFile.write("", to: source + "/cur/1.empty:2,")
        try TextFile.write("Subject: NUL\n\n\0\n", to: source + "/cur/2.nul:2,")
        try TextFile.write("Subject: big\n\n", to: source + "/cur/3.big:2,")
        #expect(truncate(source + "/cur/3.big:2,", 101 << 20) == 0)
        symlink(server.configuration, source + "/cur/4.link:2,")
        mkfifo(source + "/cur/5.fifo:2,", 0o600)
        try TextFile.write("Subject: x\n\n", to: source + "/.\u{1}/cur/1.x:2,")
        try TextFile.write("Subject: kept\n\n", to: source + "/.Kept/cur/1.x:2,")
        // Somebody else's folder under a name of one's own.
        symlink(server.path, source + "/.Theirs")
        let result = try server.martlet("import", "--account", user.address, "maildir:" + source)
        #expect(result.status == 1, "\(result)")
        #expect(result.output.hasSuffix("2 messages copied from 2 folders, 0 already there, 5 failed.\n"), "\(result)")
        for reason in [
            "1.empty:2,: APPEND: NO Message is empty", "are more than the server takes",
            "4.link:2,: Too many levels of symbolic links", "5.fifo:2,: it is no file",
            "\u{FFFD}: CREATE",
        ] { #expect(result.output.contains(reason), "\(reason): \(result)") }
        #expect(!result.output.contains("\u{1}"))
    }

    // MARK: Being cut short

    /// However it ends, the next run goes on; nothing is there twice.
    @Test func anImportThatIsKilledGoesOn() throws {
        let source = files.path + "/Maildir"
        try makeFolder(source)
        for number in 0..<400 {
            try TextFile.write(
                "Message-ID: <\(number)@x>\n\n", to: source + "/cur/\(1_000_000 + number).x:2,S")
        }
        for copied in [20, 150] {
            let pid = try ChildProcess.start(
                [
                    try RunningMartlet.binary(), "import", "--account", user.address,
                    "maildir:" + source, "--config", server.configuration,
                ], output: files.path + "/out")
            #expect(try eventually { try count(in: "INBOX") >= copied })
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        let report = try imported("maildir:" + source)
        #expect(report.copied + report.known == 400 && report.failures.isEmpty, "\(report)")
        let there = try count(in: "INBOX")
        #expect(there == 400)
    }

    @Test func withoutAServer() throws {
        let source = files.path + "/Maildir"
        try makeFolder(source)
        let result = try server.martlet("import", "--account", "nobody@example.org", "maildir:" + source)
        #expect(result.status == 75 && result.output.contains("account “nobody@example.org”: no user of the directory"), "\(result)")
        let export = try server.martlet("export", "--account", "nobody@example.org", files.path + "/out")
        #expect(export.status == 75 && export.output.contains("see martlet explain nobody@example.org"), "\(export)")
        for (arguments, said) in [
            (["--account", "x", "nowhere:" + source], "expected maildir:PATH"), ([source], "--account"),
            (["--account", "x", "--map", "a", "maildir:" + source], "--map “a”: expected FOLDER=MAILBOX"),
            (["--account", "x", "imaps://x@127.0.0.1"], "an IMAP server needs --password-file"),
            (["--account", "x", "--password-file", "/nowhere", "imaps://x@127.0.0.1"], "--password-file /nowhere: No such file"),
        ] {
            let wrong = try server.martlet(["import"] + arguments)
            #expect(wrong.status == 64 && wrong.output.contains(said), "\(wrong)")
        }
        let none = try server.martlet("import", "--account", user.address, "maildir:\(files.path)/none")
        #expect(none.status == 75 && none.output.contains("No such file or directory"), "\(none)")
    }

    // MARK: mbox and IMAP

    @Test func mbox() throws {
        try FileManager.default.createDirectory(atPath: files.path + "/mail", withIntermediateDirectories: true)
        let mbox = """
            From a@b Sat Jan  3 01:05:34 1998
            Status: RO
            X-Keywords: work [odd]
            Message-ID: <1@x>

            >From here

            From a@b Sun Jan  4 01:05:34 1998

            two

            """
        try TextFile.write(mbox, to: files.path + "/mail/Sent Items")
        let result = try imported("mbox:\(files.path)/mail", "--map", "Sent Items=Sent")
        #expect(result.copied == 2, "\(result)")
        let client = try IMAPMessagesClient(server, user, select: "Sent")
        let text = try client.text("FETCH 1 (FLAGS INTERNALDATE BODY.PEEK[])")
        #expect(text.contains("FLAGS (\\Seen work)"), "\(text)")
        #expect(text.contains("INTERNALDATE \" 3-Jan-1998 01:05:34 +0000\""), "\(text)")
        #expect(text.contains("Message-ID: <1@x>\r\n\r\nFrom here\r\n)"), "\(text)")
    }

    @Test(arguments: ["imap", "imaps"]) func imap(_ scheme: String) throws {
        let source = server.newUser()
        try makeMaildir(files.path + "/Maildir")
        _ = try imported("maildir:\(files.path)/Maildir", account: source)
        try TextFile.write(source.password + "\n", to: files.path + "/password")
        chmod(files.path + "/password", 0o600)
        let authority = try Certificates.shared.get().authority.certificate
        let location = "\(scheme)://\(source.address)@127.0.0.1:\(server.port(scheme))"
        let options = ["--password-file", files.path + "/password"]
        let distrusted = try server.martlet(["import", "--account", user.address, location] + options)
        #expect(distrusted.status == 75 && distrusted.output.contains("TLS failed"), "\(distrusted)")
        for (copied, known) in [(9, 0), (0, 9)] {
            let report = try imported(location, options + ["--ca-file", authority])
            #expect(report.copied == copied && report.known == known && report.failures.isEmpty, "\(report)")
        }
        try export(to: files.path + "/copy")
        #expect(try contents(of: files.path + "/copy") == contents(of: files.path + "/Maildir"))
    }

    // MARK: Means

    private struct Report: Decodable {
        var copied: Int
        var known: Int
        var failures: [String]
    }

    private func imported(
        _ source: String, _ options: String..., account: SampleUsers.User? = nil
    ) throws -> Report { try imported(source, options, account: account) }

    private func imported(
        _ source: String, _ options: [String], account: SampleUsers.User? = nil
    ) throws -> Report {
        let result = try server.martlet(
            ["import", "--json", "--account", (account ?? user).address] + options + [source])
        guard let report = try? JSONDecoder().decode(Report.self, from: Data(result.output.utf8)) else {
            throw TestFailure("\(result)")
        }
        return report
    }

    private func export(to path: String, account: SampleUsers.User? = nil) throws {
        let result = try server.martlet("export", "--account", (account ?? user).address, path)
        #expect(result.status == 0, "\(result)")
    }

    private func count(in mailbox: String) throws -> Int {
        let client = try IMAPMessagesClient(server, user, select: nil)
        let words = try client.text("STATUS \(mailbox) (MESSAGES)").split { " ()".contains($0) }
        return words.last.flatMap { Int($0) } ?? 0
    }

    private func makeFolder(_ path: String) throws {
        for part in ["cur", "new", "tmp"] {
            try FileManager.default.createDirectory(
                atPath: "\(path)/\(part)", withIntermediateDirectories: true)
        }
    }

    /// Nine messages: flags, keywords, dates, folders of several levels and in other scripts, a
    /// large one, and one that is not quite a message.
    private func makeMaildir(_ path: String) throws {
        let folders = ["", "/.Sent", "/.Deep.a.b", "/.Entw&APw-rfe.&ZeVnLA-", "/.R&-D"]
        for folder in folders {
            try makeFolder(path + folder)
            try put("Subject: in \(folder)\n\ntext\n", "\(path)\(folder)/cur/1000000000.a:2,S", 1_000_000_000)
        }
        try TextFile.write("0 $Label1\n1 work\n", to: path + "/dovecot-keywords")
        try put("Subject: flags\n\n", path + "/cur/1000000001.b:2,DFPRSTab", 1_000_000_001)
        try put("no header", path + "/cur/1000000002.c:2,b", 1_000_000_002)
        try put("Subject: new\n\n", path + "/cur/1000000003.d:2,", 1_500_000_003)
        let large = String(repeating: "0123456789\n", count: 300_000)
        try put("Subject: large\n\n\(large)", path + "/.Sent/cur/1000000004.e:2,F", 1_600_000_004)
    }

    private func put(_ text: String, _ path: String, _ seconds: Double) throws {
        try TextFile.write(text, to: path)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: seconds)], ofItemAtPath: path)
    }

    /// Every message: folder, flags, keywords by name, date, text with line ends as LF.
    private func contents(of path: String) throws -> Set<[String]> {
        var found: Set<[String]> = []
        for name in [""] + (try FileManager.default.contentsOfDirectory(atPath: path)).filter({ $0.hasPrefix(".") }) {
            let folder = name.isEmpty ? path : "\(path)/\(name)"
            let keywords = ((try? TextFile.read(folder + "/dovecot-keywords")) ?? "").split(separator: "\n")
                .map { String($0.split(separator: " ")[1]) }
            for file in try FileManager.default.contentsOfDirectory(atPath: folder + "/cur") {
                let letters = file.split(separator: ":2,", omittingEmptySubsequences: false)[1]
                let flags = letters.map { letter in
                    letter.isLowercase ? keywords[Int(letter.asciiValue ?? 0) - 97] : String(letter)
                }
                let date = try FileManager.default.attributesOfItem(atPath: "\(folder)/cur/\(file)")[.modificationDate]
                found.insert([
                    name, flags.sorted().joined(separator: " "),
                    "\((date as? Date)?.timeIntervalSince1970 ?? 0)",
                    try TextFile.read("\(folder)/cur/\(file)").replacing("\r\n", with: "\n"),
                ])
            }
        }
        return found
    }
}
