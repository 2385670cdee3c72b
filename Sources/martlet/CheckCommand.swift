internal import ArgumentParser
internal import Directory
internal import MailServer

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check configuration, certificates, state directory and LDAP directory.",
        discussion: """
            Each finding says what to do. Root checks with the rights of the configuration's user, if \
            it names one. Exit status: 0 nothing stands in the way (warnings may be), 1 something does, \
            78 the configuration file is wrong.

            Examples:
              martlet check --config /etc/martlet/martlet.yaml
              martlet check --json | jq '.[] | select(.severity == "error")'
            """)

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "Print JSON.") var json = false

    /// Reads the configuration, and goes on with the rights that the server will have.
    func prepare() throws -> ServerCheck {
        let configuration = try options.load()
        let check = ServerCheck(configuration: configuration)
        try Server.becomeUser(of: configuration)
        return check
    }

    func run() async throws { try await run(prepare()) }

    @concurrent func run(_ check: ServerCheck) async throws {
        let findings = await check.run()
        if json {
            print(try encodeJSON(findings))
        } else {
            for finding in findings { print(Self.line(finding)) }
        }
        if findings.contains(where: { $0.severity == .error }) { throw ExitCode(1) }
    }

    private static func line(_ finding: Finding) -> String {
        let text = "\(finding.severity.rawValue.uppercased()): \(finding.subject): \(finding.what)"
        return finding.whatToDo.isEmpty ? text : "\(text)\n    \(finding.whatToDo)"
    }
}
