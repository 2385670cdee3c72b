internal import ArgumentParser
internal import MailModel
internal import MailServer

struct QueueShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one message: envelope, recipients, why they wait; its header.",
        discussion: """
            Of a message that is being sent at this moment the running server tells the host and what \
            is waited for.

            Exit status: 0 shown, 1 no such message waits, 75 the state directory can't be read.

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
        let configuration = try options.load()
        let inspector = try QueueInspector(configuration: configuration)
        guard var entry = try await inspector.entry(queueID) else {
            complain("No message \(id) waits in the queue.")
            throw ExitCode(1)
        }
        do throws(ControlError) {
            entry.deliveries = try await ControlClient(configuration: configuration).deliveries(of: queueID)
        } catch {
            complain("Whether it is being sent at this moment is not known: \(error)")
        }
        let header = try await inspector.header(of: entry)
        print(json ? entry.json(header: header) : "\(entry.details)\n\(header)")
    }
}
