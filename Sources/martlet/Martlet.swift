internal import ArgumentParser

/// The command line of the server and its tools.
@main
struct Martlet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "A mail server whose only user database is an LDAP directory.",
        discussion: """
            Examples:
              martlet check --config /etc/martlet/martlet.yaml
              martlet serve --config /etc/martlet/martlet.yaml
              martlet explain alice@example.org
            """,
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, CheckCommand.self, ProvisionCommand.self, ExplainCommand.self,
            QueueCommand.self, ImportCommand.self, ExportCommand.self, BackupCommand.self,
            RestoreCommand.self, FsckCommand.self, DKIMCommand.self,
        ])
}
