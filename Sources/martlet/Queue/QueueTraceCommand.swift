internal import ArgumentParser
internal import MailModel
internal import MailServer

struct QueueTraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Show all that happened to a message, and where it is now.",
        discussion: """
            What happened is kept for two weeks, unless the configuration says otherwise (history). \
            Exit status: 0 shown, 1 nothing is known of such a message, 75 the state directory can't \
            be read.

            Examples:
              martlet queue trace 4KQ2
              martlet queue trace --json 4KQ2 | jq -r '.status, .error'
            """)

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "Print one JSON object a line: events, then what waits.") var json = false
    @Argument(help: "The queue identifier, from the log or from the reply to the message.")
    var id: String

    func run() async throws {
        guard let queueID = QueueID(id) else {
            throw ValidationError("“\(id)” is not a queue identifier")
        }
        let configuration = try options.load()
        let events = HistoryReader(configuration: configuration).events(of: queueID)
        let entry = try await QueueInspector(configuration: configuration).entry(queueID)
        guard !events.isEmpty || entry != nil else {
            complain("Nothing is known of a message \(queueID).")
            throw ExitCode(1)
        }
        for event in events { print(json ? try encodeJSONLine(event) : event.text) }
        guard !json else {
            if let entry { print(entry.json()) }
            return
        }
        if let entry {
            print("\nIt waits:\n\(entry.details)", terminator: "")
        } else {
            print("\nIt is not in the queue.")
        }
    }
}
