internal import ArgumentParser
internal import MailModel
internal import MailServer

struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "Look at mail that waits.",
        discussion: "Works whether the server runs or not.",
        subcommands: [List.self, Show.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List waiting messages, oldest first.",
            discussion: """
                Examples:
                  martlet queue list
                  martlet queue list --json | jq -r .id
                """)

        @OptionGroup var options: ConfigurationOption
        @Flag(help: "Print one JSON object a line.") var json = false
        @Option(help: "At most so many messages.") var limit = 10_000

        func run() async throws {
            let inspector = try QueueInspector(configuration: try options.load())
            var shown = 0
            try await inspector.forEachEntry(limit: limit) { entry in
                shown += 1
                print(json ? entry.json : entry.summary)
            }
            if !json { print(shown == 0 ? "The queue is empty." : "\(shown) messages wait.") }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one message: envelope, recipients, why they wait; its header.",
            discussion: """
                Examples:
                  martlet queue show 4KQ2
                  martlet queue show --json 4KQ2
                """)

        @OptionGroup var options: ConfigurationOption
        @Flag(help: "Print JSON.") var json = false
        @Argument(help: "The queue identifier, from the log or from `queue list`.") var id: String

        func run() async throws {
            guard let queueID = QueueID(id) else {
                throw ValidationError("“\(id)” is not a queue identifier")
            }
            let inspector = try QueueInspector(configuration: try options.load())
            guard let entry = try await inspector.entry(queueID) else {
                complain("No message \(id) waits in the queue.")
                throw ExitCode(1)
            }
            print(json ? entry.json : try await inspector.describe(entry))
        }
    }
}
