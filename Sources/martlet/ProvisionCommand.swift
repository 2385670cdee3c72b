internal import ArgumentParser
internal import Directory
internal import Logging
internal import MailModel
internal import MailServer

struct ProvisionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provision",
        abstract: "Load LDIF files into the directory, after checking what mail needs.",
        discussion: """
            Reads add and change records (RFC 2849). Before anything is written, all of them are \
            checked: addresses that two entries would share, unknown domains, bad quotas and \
            statuses, missing parents; object classes and attributes that the directory's schema does \
            not have, does not allow together, or requires; each with file and line. If the directory \
            refuses a record, loading stops there and the report says what was loaded and what was not.

            Exit status: 0 all is loaded (or, with --dry-run, could be), 1 something is wrong, \
            75 the directory does not answer.

            Examples:
              martlet provision --dry-run people.ldif
              martlet provision --bind-dn cn=admin,dc=example,dc=org --password-file secret people.ldif
              martlet provision --json domain.ldif users.ldif | jq .loaded
            """)

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "Check only; write nothing.") var dryRun = false
    @Flag(help: "Leave entries and values that exist already as they are, and go on.") var skipExisting = false
    @Flag(help: "Print the report as JSON.") var json = false
    @Option(help: ArgumentHelp("Bind as this entry instead of the server's own.", valueName: "dn"))
    var bindDn: String?
    @Option(
        help: ArgumentHelp(
            "File with the password of --bind-dn in its first line.", valueName: "file"),
        completion: .file())
    var passwordFile: String?
    @Argument(help: "LDIF files, loaded in this order.", completion: .file()) var files: [String]

    func validate() throws {
        guard !files.isEmpty else { throw ValidationError("name at least one LDIF file") }
        guard (bindDn == nil) == (passwordFile == nil) else {
            throw ValidationError("--bind-dn and --password-file go together")
        }
    }

    func run() async throws {
        var directory = try options.load().directoryConfiguration
        if let bindDn, let passwordFile {
            directory.connection.credentials = .simple(
                dn: bindDn, password: Array(try readPassword(passwordFile).utf8))
        }
        let client = DirectoryClient(configuration: directory.connection, logger: .quiet)
        let meter = ProgressMeter()
        let provisioner = Provisioner(
            client: client, base: directory.resolver.base,
            map: directory.resolver.attributeMap,
            progress: { meter.show($0, $1, of: $2) })
        let (report, status) = await work(provisioner)
        await client.shutDown()
        meter.clear()
        if status != 75 { try tell(report) }
        if status != 0 { throw ExitCode(status) }
    }

    /// The report, and the exit status.
    private func work(_ provisioner: Provisioner) async -> (Provisioner.Report, Int32) {
        do {
            var report = try await provisioner.check(files: files, skippingExisting: skipExisting)
            if report.problems.isEmpty, !dryRun {
                await provisioner.load(files: files, skippingExisting: skipExisting, into: &report)
            }
            return (report, report.problems.isEmpty ? 0 : 1)
        } catch let fault as DirectoryFault where fault.kind == .missingBase {
            complain(
                "martlet provision: the base entry is not there, or may not be seen: load the first "
                    + "entries with ldapadd, as ldif/00-base.ldif has them (\(fault))")
            return (Provisioner.Report(), 75)
        } catch {
            complain("martlet provision: \((error as? DirectoryFault)?.explained ?? "\(error)")")
            return (Provisioner.Report(), 75)
        }
    }

    private func tell(_ report: Provisioner.Report) throws {
        if json {
            print(try encodeJSON(report))
            return
        }
        if let unread = report.schemaUnread {
            complain(
                "martlet provision: object classes and attributes are not checked: \(unread); --bind-dn "
                    + "names an entry that may read it")
        }
        for problem in report.problems { print(problem) }
        if dryRun || report.loaded + report.skipped == 0 && report.stoppedAt == nil {
            print(
                "\(counted(report.records, "record")) checked, "
                    + "\(counted(report.problems.count, "problem")); nothing was written.")
            return
        }
        print("\(report.loaded) of \(counted(report.records, "record")) loaded, \(report.skipped) already there.")
        guard let stopped = report.stoppedAt else { return }
        print("Loaded up to and including: \(report.lastLoaded ?? "none")")
        print("Stopped at: \(stopped)" + (report.unknown == nil ? " (not loaded)" : " (look whether it is there)"))
        print("Not attempted: \(counted(report.notAttempted, "record")) behind it.")
    }
}
