internal import ArgumentParser
internal import MailModel
internal import MailServer
internal import Migration

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Copy an account's mail into Martlet from a Maildir, mbox files or an IMAP server.",
        discussion: """
            The server must run: mail goes in through the local socket in its state directory, so \
            run this as root or as the server's user. Folders, flags, keywords and dates are kept; \
            Drafts, Sent, Junk, Trash and Archive go to the account's own. A journal remembers what \
            was copied to which mailbox: an interrupted import goes on where it stopped, and a \
            second run copies only what is new. With another --prefix or --map, what goes elsewhere \
            now is copied there too.

            Exit status: 0 all is copied, 1 some messages could not be, 75 the copying stopped.

            Examples:
              martlet import --account alice@example.org maildir:/home/alice/Maildir
              martlet import --account alice@example.org --prefix Old/ mbox:/var/mail/alice
              martlet import --account alice@example.org --password-file pw imaps://alice@imap.example.net
              martlet import --account alice@example.org --dry-run --json maildir:/home/alice/Maildir
            """)

    @OptionGroup var options: ConfigurationOption
    @Option(help: "The login or address of the account that gets the mail.") var account: String
    @Option(help: "Put every folder below this name, as in Old/.") var prefix = ""
    @Option(
        help: ArgumentHelp(
            "A folder to go elsewhere, as in \"Sent Items=Sent\". Repeatable.",
            valueName: "folder=mailbox"))
    var map: [String] = []
    @Option(
        help: ArgumentHelp("File with the IMAP password in its first line.", valueName: "file"),
        completion: .file())
    var passwordFile: String?
    @Option(
        help: ArgumentHelp(
            "File of CA certificates for the IMAP server, instead of the system's.", valueName: "file"),
        completion: .file())
    var caFile: String?
    @Flag(help: "Do not verify the IMAP server's certificate.") var insecure = false
    @Option(
        help: ArgumentHelp("The journal, instead of one in the state directory.", valueName: "file"),
        completion: .file())
    var journal: String?
    @Flag(help: "Only look and count; copy nothing.") var dryRun = false
    @Flag(help: "Print the report as JSON.") var json = false
    @Argument(help: "maildir:PATH, mbox:PATH, imaps://USER@HOST[:PORT] or imap://USER@HOST[:PORT] (STARTTLS).")
    var source: String

    func validate() throws {
        let location = try location()
        guard location.needsPassword == (passwordFile != nil) else {
            throw ValidationError(
                location.needsPassword
                    ? "an IMAP server needs --password-file" : "--password-file goes with IMAP only")
        }
        _ = try renamed()
    }

    func run() async throws {
        let configuration = try options.load()
        let meter = ProgressMeter()
        do {
            let source = try openSource()
            let plan = Importer.Plan(
                socketPath: configuration.localSocket, account: account,
                journal: journal ?? Journal.path(
                    in: configuration.stateDirectory + "/import", source: source.identity,
                    account: account),
                renamed: try renamed(), prefix: prefix, isDryRun: dryRun)
            let importer = try Importer(source, plan) { meter.show($0, $1, of: $2) }
            let report = try importer.run()
            meter.clear()
            try tell(report)
            if !report.failures.isEmpty { throw ExitCode(1) }
        } catch let error as MigrationError {
            meter.clear()
            complain("martlet import: \(printable(error.description))")
            throw ExitCode(75)
        }
    }

    private func openSource() throws -> any MailSource {
        try location().open(
            password: try passwordFile.map(readPassword) ?? "", authorities: caFile,
            verifiesCertificate: !insecure)
    }

    private func location() throws -> MailLocation {
        do throws(MigrationError) {
            return try MailLocation(source)
        } catch {
            throw ValidationError(error.description)
        }
    }

    private func tell(_ report: Importer.Report) throws {
        if json {
            print(try encodeJSON(report))
            return
        }
        for failure in report.failures { print(printable(failure)) }
        print(
            "\(counted(report.copied, "message")) \(dryRun ? "to copy" : "copied") from "
                + "\(counted(report.folders, "folder")), \(report.known) already there, "
                + "\(report.failures.count) failed.")
    }

    private func renamed() throws -> [String: String] {
        var renamed: [String: String] = [:]
        for entry in map {
            let parts = entry.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw ValidationError("--map “\(entry)”: expected FOLDER=MAILBOX")
            }
            renamed[parts[0]] = parts[1]
        }
        return renamed
    }
}
