internal import ArgumentParser
internal import MailModel
internal import MailServer

struct QueueListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List waiting mail, oldest first, a line for each recipient.",
        discussion: """
            Exit status: 0 shown, 75 the state directory can't be read.

            Examples:
              martlet queue list
              martlet queue list --domain example.net --older-than 2h
              martlet queue list --reason "Connection refused"
              martlet queue list --json --sender '*@example.org' | jq -r .id
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var selected: SelectionOptions
    @Flag(help: "Print one JSON object a line.") var json = false
    @Option(help: "At most so many messages.") var limit = 10_000

    func run() async throws {
        let inspector = try QueueInspector(configuration: try options.load())
        let table = QueueTable(width: Terminal.width)
        let selection = selected.selection
        var shown = 0
        try await inspector.forEachEntry(selection, limit: limit) { entry in
            if !json, shown == 0 { print(table.header) }
            shown += 1
            if json {
                print(entry.json())
            } else {
                for line in table.lines(entry) { print(line) }
            }
        }
        guard !json else { return }
        switch shown {
        case 0: print(selection.isEmpty ? "The queue is empty." : "No such message waits.")
        case limit: print("\(counted(shown, "message")), and perhaps more (--limit).")
        default: print("Waiting: \(counted(shown, "message")).")
        }
    }
}
