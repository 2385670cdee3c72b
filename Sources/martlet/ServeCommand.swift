internal import ArgumentParser
internal import MailServer

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the server in the foreground.",
        discussion: """
            Logs to standard error. SIGTERM stops it gracefully: sessions are told, the queue is \
            safe. SIGHUP re-reads certificates and forgets what was cached of the directory.

            Examples:
              martlet serve --config /etc/martlet/martlet.yaml
              systemctl reload martlet      (sends SIGHUP)
            """)

    @OptionGroup var options: ConfigurationOption

    @Option(
        help: ArgumentHelp(
            "Write a JSON file naming pid and listeners once all of them accept.",
            valueName: "file"))
    var ready: String?

    func run() async throws {
        let configuration = try options.load()
        do {
            try await Server(configuration: configuration).run(readyFile: ready)
        } catch let error as ServerStartError {
            complain("martlet: \(error)")
            throw ExitCode(1)
        }
    }
}
