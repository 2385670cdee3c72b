internal import ArgumentParser
internal import MailModel
internal import MailServer
internal import Migration

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write an account's mail as a Maildir.",
        discussion: """
            The server must run: mail is read through the local socket in its state directory, so \
            run this as root or as the server's user. Folders, flags, keywords and dates are kept \
            (Maildir++, as Dovecot and Courier read it). A second run writes only what is new.

            Exit status: 0 all is written, 75 the writing stopped.

            Examples:
              martlet export --account alice@example.org /backup/alice
              martlet export --account alice@example.org --json /backup/alice
            """)

    @OptionGroup var options: ConfigurationOption
    @Option(help: "The login or address of the account.") var account: String
    @Flag(help: "Print the report as JSON.") var json = false
    @Argument(
        help: ArgumentHelp("The Maildir; made when it does not exist.", valueName: "directory"),
        completion: .directory)
    var path: String

    func run() async throws {
        let configuration = try options.load()
        let meter = ProgressMeter()
        do {
            let exporter = try MaildirExporter(
                socketPath: configuration.localSocket, account: account, path: path
            ) { meter.show($0, $1, of: $2) }
            let report = try exporter.run()
            meter.clear()
            if json {
                print(try encodeJSON(report))
            } else {
                print(
                    "\(counted(report.written, "message")) of "
                        + "\(counted(report.mailboxes, "mailbox", "mailboxes")) written, "
                        + "\(report.known) already there.")
            }
        } catch let error as MigrationError {
            meter.clear()
            complain("martlet export: \(printable(error.description))")
            throw ExitCode(75)
        }
    }
}
