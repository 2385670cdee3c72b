internal import ArgumentParser
internal import MailServer

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the server in the foreground.",
        discussion: """
            Logs to standard error. SIGTERM stops it gracefully: sessions are told, the queue is \
            safe. SIGHUP re-reads certificates and authorities, and forgets what was cached of the \
            directory.

            Takes the sockets that a service manager hands over (sd_listen_fds). Started by root \
            with user: in the configuration, it opens its ports, then is that user for good.

            Exit status: 0 it was told to stop and has, 1 it could not start, or could not go on: trying \
            again may help, 78 the configuration is wrong, or names what can't be used: trying again \
            does not help.

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

    /// Reads the configuration, opens what needs root's rights, and gives them up.
    func prepare() throws -> Server { try Server(configuration: options.load()) }

    func run() async throws { try await run(prepare()) }

    @concurrent func run(_ server: Server) async throws { try await server.run(readyFile: ready) }
}
