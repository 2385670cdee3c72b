internal import ArgumentParser
internal import MailServer

struct QueueSummaryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "summary",
        abstract: "Count waiting recipients by domain and age.",
        discussion: """
            A line for each domain, the fullest first. T is their number; the other columns have \
            those younger than so many minutes, and the last one all that are older.

            Exit status: 0 shown, 75 the state directory can't be read.

            Examples:
              martlet queue summary
              martlet queue summary --state hold
              martlet queue summary --sender --json
            """)

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "By the senders' domains instead of the recipients'.") var sender = false
    @Option(help: "Only active, deferred, hold or report. Repeatable.")
    var state: [QueueSelection.State] = []
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let inspector = try QueueInspector(configuration: try options.load())
        let summary = try await inspector.summary(bySender: sender, states: state)
        print(json ? summary.json : summary.table)
    }
}
