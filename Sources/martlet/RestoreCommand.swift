internal import ArgumentParser
internal import Backup
internal import MailModel
internal import MailServer
internal import Storage

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make the state directory from a backup.",
        discussion: """
            The server must not run, and its state directory must be empty, unless --replace moves \
            what is there to a folder inside it (which you remove once you need it no more). Every \
            file is compared with the backup's manifest, and the restored mail is checked as martlet \
            fsck does, before anything takes its place. With - an archive comes in on standard input: \
            another host's, or one that a program decompresses. An archive that another program has \
            written is unpacked first: mkdir DIR; tar -xf ARCHIVE -C DIR.

            UIDs, mod-sequences and queue ids go on far beyond those in the backup, so that mail \
            clients notice what came after it and is gone, and take no new message for an old one.

            Exit status: 0 all is restored (or, with --dry-run, could be), 2 all is restored but \
            the backup holds damaged mail, 75 nothing was restored.

            Examples:
              martlet restore --dry-run /backup/monday
              systemctl stop martlet && martlet restore --replace /backup/monday
              martlet restore /backup/martlet.tar
              ssh old.example.org martlet backup --output - | martlet restore -
            """)

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "Read and check the whole backup (of an archive, its files only); write nothing.")
    var dryRun = false
    @Flag(help: "Move what is in the state directory to a folder inside it.") var replace = false
    @Flag(help: "Print the report as JSON.") var json = false
    @Argument(
        help: ArgumentHelp("The directory or archive of the backup, or -.", valueName: "backup"),
        completion: .file())
    var backup: String

    func run() async throws {
        let configuration = try options.load()
        let meter = ProgressMeter()
        do {
            let restore = try Restore(of: backup, to: configuration.stateDirectory)
            let report =
                dryRun
                ? try restore.verify { meter.show($0, $1, of: $2) }
                : try restore.run(replacing: replace) { meter.show($0, $1, of: $2) }
            meter.clear()
            try tell(report)
            if report.check?.isDamaged == true { throw ExitCode(2) }
        } catch let code as ExitCode {
            throw code
        } catch {
            meter.clear()
            complain("martlet restore: \(error)")
            throw ExitCode(75)
        }
    }

    private func tell(_ report: Restore.Report) throws {
        if json {
            print(try encodeJSON(report))
            return
        }
        for line in report.check?.lines ?? [] { print(printable(line)) }
        if let replaced = report.replaced { print("What was there before is in \(replaced).") }
        print(
            "\(counted(report.files, "file")), \(sizeText(report.octets)), of \(report.host) as of "
                + "\(report.created)\(dryRun ? " can be restored" : " restored"); "
                + (report.check?.summary ?? "mail and index are checked when it is"))
    }
}
