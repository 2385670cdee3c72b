internal import ArgumentParser
internal import Directory
internal import Logging
internal import MailModel
internal import MailServer

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show every search, entry and rule that decides where mail to an address goes.",
        discussion: """
            Examples:
              martlet explain alice@example.org
              martlet explain --json staff@example.net
            Exit status: 0 it is delivered somewhere, 1 it is refused, 75 the directory can't tell \
            now, or other hosts must be asked.
            """)

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "Print JSON.") var json = false
    @Argument(help: "The address, as in alice@example.org.") var address: String

    func run() async throws {
        guard let address = EmailAddress(address) else {
            throw ValidationError("“\(self.address)” is not an address; expected local@domain")
        }
        let directory = Directory(
            configuration: try options.load().directoryConfiguration, logger: .quiet)
        let explanation = await directory.explain(address)
        await directory.shutDown()
        if json {
            print(try encodeJSON(explanation))
        } else {
            print(explanation.text)
        }
        let isOpen = explanation.outcome.hasPrefix("4") || explanation.outcome.hasPrefix("ask ")
        throw ExitCode(explanation.outcome == "deliver" ? 0 : isOpen ? 75 : 1)
    }
}
