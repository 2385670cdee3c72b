internal import ArgumentParser
internal import MailServer

/// `--config`, common to all commands.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp("The configuration file.", valueName: "file"),
        completion: .file(extensions: ["yaml"]))
    var file = "/etc/martlet/martlet.yaml"

    /// - Throws: exit status 78 (EX_CONFIG of sysexits) with every problem told.
    func load() throws -> ServerConfiguration {
        do {
            return try ServerConfiguration.load(file: file)
        } catch {
            complain("\(error)")
            throw ExitCode(78)
        }
    }
}
