internal import ArgumentParser
internal import MailServer
internal import Storage

struct FsckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fsck",
        abstract: "Verify stored mail: the message log, the index, and one against the other.",
        discussion: """
            Reads every stored message and compares its checksum (of messages in files of their \
            own: the length), then everything that the index counts and refers to. The server must \
            not run, or --online says that it may: then the state of this moment is checked. \
            --repair mends what can be counted again; it removes no message, and nothing that is \
            lost comes back by it: restore a backup then.

            Each finding is a note, which asks for nothing; mendable; or damage. Run this as root \
            or as the server's user. Exit status: 0 nothing is wrong (notes may be), 1 something is \
            or was mendable, 2 there is damage, 75 the check could not be made.

            Examples:
              martlet fsck --online
              systemctl stop martlet && martlet fsck --repair
              martlet fsck --online --json | jq '.findings[] | select(.severity == "damage")'
            """)

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "The server may be running.") var online = false
    @Flag(help: "Mend what is mendable.") var repair = false
    @Flag(help: "Print the report as JSON.") var json = false

    func validate() throws {
        guard !online || !repair else {
            throw ValidationError("--repair needs the server stopped: leave out --online")
        }
    }

    func run() async throws {
        let configuration = try options.load()
        let directory = configuration.stateDirectory
        let meter = ProgressMeter()
        do {
            let report = try online ? checkOnline(directory, meter) : checkOffline(directory, meter)
            meter.clear()
            try tell(report)
            throw ExitCode(report.isDamaged ? 2 : report.isMendable ? 1 : 0)
        } catch let code as ExitCode {
            throw code
        } catch {
            meter.clear()
            complain("martlet fsck: \(StateAdvice.explain(error, configuration))")
            throw ExitCode(75)
        }
    }

    private func checkOnline(_ directory: String, _ meter: ProgressMeter) throws -> CheckReport {
        let snapshot = try StateSnapshot(of: directory) {
            meter.show("copying the index, pages", $0, of: $1)
        }
        defer { snapshot.close() }
        return try StateCheck(snapshot).run { meter.show($0, $1, of: $2) }
    }

    private func checkOffline(_ directory: String, _ meter: ProgressMeter) throws -> CheckReport {
        let lock: StateLock
        do {
            lock = try StateLock(directory)
        } catch let error as StorageError {
            throw ServerStartError(
                "\(error): stop it first (systemctl stop martlet), or check with --online")
        }
        defer { withExtendedLifetime(lock) {} }
        let check = StateCheck(offline: directory)
        let report = try check.run { meter.show($0, $1, of: $2) }
        guard repair, report.isMendable, !report.isIndexBroken else { return report }
        meter.show("mending", 0, of: nil)
        try StateRepair.run(directory)
        var mended = try check.run { meter.show($0, $1, of: $2) }
        mended.takeMended(from: report)
        return mended
    }

    private func tell(_ report: CheckReport) throws {
        if json {
            print(try encodeJSON(report))
            return
        }
        for line in report.lines { print(printable(line)) }
        print(report.summary)
        if report.isDamaged {
            print("What is damaged comes back from a backup only: see martlet restore.")
        } else if report.isMendable, !repair {
            print("To mend it: stop the server, and run martlet fsck --repair.")
        }
    }
}
