internal import ArgumentParser
internal import Backup
internal import MailModel
internal import MailServer
internal import Storage

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the state directory, while the server runs.",
        discussion: """
            The copy holds every message that was answered with 250 before the command began: \
            queue, mailboxes and the message log, as they were at one moment. The server goes on \
            meanwhile; mail that is deleted during the copy takes up room until the copy is whole. \
            Run this as root or as the server's user; the copy is readable for that user only. \
            Caches and search indexes, which the server makes anew, are left out. So are the \
            configuration, certificates and the LDAP directory: back them up as well.

            The destination is a new or empty directory; or, when its name ends in .tar, a new \
            archive; or - for an archive on standard output. With --base, mail that an earlier \
            backup in a directory of the same file system has is not copied again: both backups \
            are whole, and either may be removed.

            Exit status: 0 all is copied, 1 all is copied that is there but the state directory \
            lacks files (see martlet fsck), 75 there is no copy.

            Examples:
              martlet backup --output /backup/monday
              martlet backup --output /backup/tuesday --base /backup/monday
              martlet backup --output - | ssh backup.example.org 'cat > martlet.tar'
            """)

    @OptionGroup var options: ConfigurationOption
    @Option(
        help: ArgumentHelp("The directory, the archive, or -.", valueName: "path"),
        completion: .directory)
    var output: String
    @Option(
        help: ArgumentHelp("The directory of an earlier backup.", valueName: "directory"),
        completion: .directory)
    var base: String?
    @Flag(help: "Print the report as JSON, to standard error with --output -.") var json = false

    func validate() throws {
        guard base == nil || !isArchive else {
            throw ValidationError("--base goes with a directory, not with an archive")
        }
    }

    func run() async throws {
        let configuration = try options.load()
        let meter = ProgressMeter()
        do {
            let backup = try Backup(
                of: configuration.stateDirectory, host: configuration.hostName,
                version: Martlet.configuration.version, base: base)
            let report = try backup.run(to: destination) { meter.show($0, $1, of: $2) }
            meter.clear()
            try tell(report)
            if !report.missing.isEmpty { throw ExitCode(1) }
        } catch let code as ExitCode {
            throw code
        } catch {
            meter.clear()
            let text = error is BackupError ? "\(error)" : StateAdvice.explain(error, configuration)
            complain("martlet backup: \(text)")
            throw ExitCode(75)
        }
    }

    private var isArchive: Bool { output == "-" || output.hasSuffix(".tar") }

    private var destination: Backup.Destination {
        output == "-" ? .standardOutput : isArchive ? .archive(output) : .directory(output)
    }

    private func tell(_ report: Backup.Report) throws {
        let text: String
        if json {
            text = try encodeJSON(report)
        } else {
            let missing = report.missing.map { "MISSING: \($0)\n" }.joined()
            let reused =
                base == nil
                ? "" : "; of the base: \(counted(report.reused, "file")), \(sizeText(report.reusedOctets))"
            text = missing
                + "\(counted(report.files, "file")), \(sizeText(report.octets)), as of \(report.created)"
                + reused + "."
        }
        if output == "-" { complain(text) } else { print(text) }
    }
}
