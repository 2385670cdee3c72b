internal import ArgumentParser
internal import MailModel
internal import MailServer

/// Which mail a command is about.
struct SelectionOptions: ParsableArguments {
    @Argument(help: "Queue identifiers, from the log or from `queue list`.") var ids: [String] = []
    @Option(help: "The envelope's sender; * and ? match, <> is the null sender. Repeatable, as the next four.")
    var sender: [String] = []
    @Option(help: "A recipient, as it is now or as the sender named it.") var recipient: [String] = []
    @Option(help: "The recipients' domain.") var domain: [String] = []
    @Option(help: "Where it goes: a domain, a host, local or reports.") var destination: [String] = []
    @Option(help: "active (under way), deferred (waits for its time), hold, or report (settled, its report is due).")
    var state: [QueueSelection.State] = []
    @Option(
        help: ArgumentHelp("It came so long ago, or before: 90s, 30m, 2h, 5d.", valueName: "age"),
        transform: age)
    var olderThan: Duration?
    @Option(help: ArgumentHelp("It came no longer ago than that.", valueName: "age"), transform: age)
    var newerThan: Duration?
    @Option(help: "Text in the reason why it waits.") var reason: String?

    mutating func validate() throws {
        if let wrong = ids.first(where: { QueueID($0) == nil }) {
            throw ValidationError("“\(wrong)” is not a queue identifier")
        }
    }

    var selection: QueueSelection {
        var selection = QueueSelection()
        selection.ids = ids
        selection.senders = sender.map { $0.isEmpty ? "<>" : $0 }
        selection.recipients = recipient
        selection.domains = domain
        selection.destinations = destination
        selection.states = state
        selection.reason = reason
        if let olderThan { selection.require(age: olderThan, orMore: true) }
        if let newerThan { selection.require(age: newerThan, orMore: false) }
        return selection
    }
}

private func age(_ text: String) throws -> Duration {
    guard let duration = Duration(text: text) else {
        throw ValidationError("expected a time, as in 90s, 30m, 2h or 5d")
    }
    return duration
}

extension QueueSelection.State: ExpressibleByArgument {}
