internal import ArgumentParser
internal import MailServer

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Ends the process with the error's exit status, after one line that begins with the command's name:
/// 64 (EX_USAGE of sysexits) for a wrong command line.
func end(with error: any Error) -> Never {
    let name = commandName(CommandLine.arguments)
    if let error = error as? ServerStartError {
        complain("\(name): \(error)")
        exit(error.exitStatus)
    }
    let status = Martlet.exitCode(for: error)
    // Help that was asked for goes to standard output; who throws a status has told why.
    if status.isSuccess || error is ExitCode { Martlet.exit(withError: error) }
    let text = printable(Martlet.message(for: error))
    let advice = status == .validationFailure ? " (see \(name) --help)" : ""
    complain("\(name): \(lowercasingFirst(text))\(advice)")
    exit(status.rawValue)
}

/// As in `martlet queue list`.
private func commandName(_ arguments: [String]) -> String {
    var name = "martlet"
    var subcommands = Martlet.configuration.subcommands
    for argument in arguments.dropFirst() {
        guard let next = subcommands.first(where: { $0._commandName == argument }) else { break }
        name += " " + argument
        subcommands = next.configuration.subcommands
    }
    return name
}

private func lowercasingFirst(_ text: String) -> String {
    text.prefix(1).lowercased() + text.dropFirst()
}
