import Foundation
import Testing
import TestSupport

/// mbsync keeps a Maildir and an account the same, both ways.
@Suite(.ownThreads) struct MbsyncTests {
    let server: RunningMartlet
    let user: SampleUsers.User
    let files: TemporaryDirectory

    init() throws {
        server = try RunningMartlet.shared.get()
        user = server.newUser()
        files = try TemporaryDirectory()
    }

    @Test(arguments: [("imap", "STARTTLS"), ("imaps", "IMAPS")])
    func bothWays(_ listener: String, _ tls: String) throws {
        try configure(listener, tls)
        let client = try IMAPMessagesClient(server, user, select: nil)
        let german = "Entw&APw-rfe/&ZeVnLA-"
        try client.ok("CREATE \(german)")
        for number in 0..<5 {
            try client.append(message("there \(number)"), "(\\Seen \\Flagged) ")
            try client.append(message("there \(number)"), to: german)
        }
        try sync()
        #expect(try subjects("Inbox") == (0..<5).map { "FS there \($0)" })
        #expect(try subjects(german) == (0..<5).map { " there \($0)" })
        try nothingChangesAgain(client)

        // Changes on both sides at once.
        let inbox = files.path + "/mail/Inbox"
        let kept = try name(of: "there 0", in: "Inbox")
        try FileManager.default.moveItem(
            atPath: kept, toPath: inbox + "/cur/" + URL(filePath: kept).lastPathComponent.split(separator: ":")[0] + ":2,RS")
        try FileManager.default.removeItem(atPath: try name(of: "there 1", in: "Inbox"))
        try TextFile.write(message("here").replacing("\r\n", with: "\n"), to: inbox + "/new/1600000000.here")
        for part in ["cur", "new", "tmp"] {
            try FileManager.default.createDirectory(
                atPath: files.path + "/mail/Gr&APwA3w-e/\(part)", withIntermediateDirectories: true)
        }
        try TextFile.write(message("greeting"), to: files.path + "/mail/Gr&APwA3w-e/cur/1600000001.g:2,F")
        try client.ok("SELECT INBOX")
        try client.ok("STORE 3 FLAGS ()")
        try client.ok("STORE 4 +FLAGS (\\Deleted)")
        try client.ok("EXPUNGE")
        try client.append(message("late"))
        // mbsync keeps what had been there beside the new name.
        try client.ok("RENAME \(german) &ZeVnLA-")
        try client.ok("UNSELECT")
        try sync()

        let expected = [" here", " late", " there 2", "FS there 4", "RS there 0"]
        #expect(try subjects("Inbox") == expected)
        #expect(try subjects("Gr&APwA3w-e") == ["F greeting"])
        #expect(try subjects("&ZeVnLA-").count == 5)
        try client.ok("SELECT INBOX")
        let inServer = try client.text("FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        #expect(inServer.split(separator: "Subject: ").count == expected.count + 1, "\(inServer)")
        #expect(inServer.contains("\\Answered"), "\(inServer)")
        #expect(try client.text("STATUS Gr&APwA3w-e (MESSAGES)").hasSuffix("(MESSAGES 1)"))
        try client.ok("UNSELECT")
        try nothingChangesAgain(client)
    }

    // MARK: Means

    /// The leaf certificate is trusted as it is: mbsync knows no IP addresses in certificates.
    private func configure(_ listener: String, _ tls: String) throws {
        try FileManager.default.createDirectory(atPath: files.path + "/mail", withIntermediateDirectories: true)
        try TextFile.write(
            """
            IMAPAccount account
            Host 127.0.0.1
            Port \(server.port(listener))
            User \(user.address)
            Pass \(user.password)
            AuthMechs PLAIN
            SSLType \(tls)
            CertificateFile \(try Certificates.shared.get().org.certificate)

            IMAPStore far
            Account account

            MaildirStore near
            SubFolders Verbatim
            Path \(files.path)/mail/
            Inbox \(files.path)/mail/Inbox

            Channel all
            Far :far:
            Near :near:
            Patterns *
            Create Both
            Remove Both
            Expunge Both
            CopyArrivalDate yes
            SyncState *

            """, to: files.path + "/mbsyncrc")
    }

    private func sync() throws {
        let result = try Tool.run(["/usr/bin/mbsync", "-c", files.path + "/mbsyncrc", "-a"], environment: ["HOME=\(files.path)"])
        #expect(result.status == 0, "\(result)")
    }

    private func nothingChangesAgain(_ client: IMAPMessagesClient) throws {
        let command = "LIST \"\" * RETURN (STATUS (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ))"
        let (far, near) = (try client.text(command), try FileManager.default.subpathsOfDirectory(atPath: files.path + "/mail"))
        try sync()
        #expect(try client.text(command) == far)
        let after = try FileManager.default.subpathsOfDirectory(atPath: files.path + "/mail")
        #expect(Set(after) == Set(near))
    }

    private func message(_ subject: String) -> String {
        "From: a@b.example\r\nMessage-ID: <\(subject.replacing(" ", with: "."))@x>\r\nSubject: \(subject)\r\n\r\ntext\r\n"
    }

    /// Flags and subject of each message in a folder on disk, sorted.
    private func subjects(_ folder: String) throws -> [String] {
        try paths(folder).map { path in
            let flags = path.split(separator: ":2,", maxSplits: 1).dropFirst().first ?? ""
            let line = try TextFile.read(path).split(whereSeparator: \.isNewline).first { $0.hasPrefix("Subject: ") }
            return "\(flags) \(line?.dropFirst("Subject: ".count) ?? "?")"
        }.sorted()
    }

    private func name(of subject: String, in folder: String) throws -> String {
        let path = try paths(folder).first { try TextFile.read($0).contains("Subject: \(subject)") }
        return try #require(path)
    }

    private func paths(_ folder: String) throws -> [String] {
        try ["cur", "new"].flatMap { part in
            let directory = "\(files.path)/mail/\(folder)/\(part)"
            return try FileManager.default.contentsOfDirectory(atPath: directory).map { "\(directory)/\($0)" }
        }
    }
}
