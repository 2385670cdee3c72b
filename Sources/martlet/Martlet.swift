internal import ArgumentParser
internal import MailServer

/// Where the process begins, with one thread. What changes the process's rights is done before the
/// first `await`: there the first thread goes to sleep for ever, so deeply that setuid(2) passes it by.
@main
enum Program {
    @MainActor
    static func main() async {
        do {
            try Privileges.gainNoMore()
            let command = try Martlet.parseAsRoot()
            if let serve = command as? ServeCommand {
                let server = try serve.prepare()
                try await serve.run(server)
            } else if let check = command as? CheckCommand {
                let prepared = try check.prepare()
                try await check.run(prepared)
            } else if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                var command = command
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }
}

/// The command line of the server and its tools.
struct Martlet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "A mail server whose only user database is an LDAP directory.",
        discussion: """
            Exit status: 0 done, 1 not done, or something is wrong (each command says what), 64 the \
            command line is wrong, 75 what the command needs is not to be had now (the server, the \
            directory, the state directory), 78 the configuration file is wrong.

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
