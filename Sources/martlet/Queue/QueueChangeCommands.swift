internal import ArgumentParser
internal import MailServer

/// What the commands that change the queue take.
struct ChangeOptions: ParsableArguments {
    @OptionGroup var options: ConfigurationOption
    @OptionGroup var selected: SelectionOptions
    @Flag(help: "All mail in the queue; without it, some must be named.") var all = false
    @Flag(help: "Print one JSON object a line for each message.") var json = false

    func run(_ action: ControlRequest.Action, _ done: String) async throws {
        let selection = selected.selection
        guard !selection.isEmpty || all else {
            throw ValidationError("say which mail is meant, or --all")
        }
        guard selection.isEmpty || !all else {
            throw ValidationError("--all goes with nothing else that says which mail is meant")
        }
        let request = ControlRequest(action, selection, all: all)
        try await QueueChange(done: done, request: request, json: json).run(options.load())
    }
}

struct QueueRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Try mail now, whatever its time.",
        discussion: """
            Held mail stays held. Exit status: 0 done, 1 nothing fits, 75 the server does not answer.

            Examples:
              martlet queue retry 4KQ2
              martlet queue retry --domain example.net
            """)

    @OptionGroup var change: ChangeOptions

    func run() async throws { try await change.run(.retry, "Tried now") }
}

struct QueueHoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Keep mail back until it is released.",
        discussion: """
            Only the recipients that fit are held, not all of their message. Held mail neither \
            leaves nor expires. Exit status: 0 done, 1 nothing fits, 75 the server does not answer.

            Examples:
              martlet queue hold 4KQ2
              martlet queue hold --sender '*@example.org' --newer-than 2h
            """)

    @OptionGroup var change: ChangeOptions

    func run() async throws { try await change.run(.hold, "Held") }
}

struct QueueReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Let held mail go, now.",
        discussion: """
            Exit status: 0 done, 1 nothing fits, 75 the server does not answer.

            Examples:
              martlet queue release 4KQ2
              martlet queue release --all
            """)

    @OptionGroup var change: ChangeOptions

    func run() async throws { try await change.run(.release, "Released") }
}

struct QueueDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Take mail out of the queue.",
        discussion: """
            Only the recipients that fit are taken out; a message goes with its last one. Look \
            first, with `queue list` and the same options. Exit status: 0 done, 1 nothing fits, \
            75 the server does not answer.

            Examples:
              martlet queue delete 4KQ2
              martlet queue delete --bounce --recipient 'no-such-*@example.net'
            """)

    @OptionGroup var change: ChangeOptions
    @Flag(help: "Tell the sender, as of any failure.") var bounce = false

    func run() async throws {
        try await change.run(bounce ? .bounce : .delete, bounce ? "Returned" : "Deleted")
    }
}

struct QueueFlushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flush",
        abstract: "Try all deferred mail now, as if no host had failed.",
        discussion: """
            For the moment after an outage. Held mail stays held. Exit status: 0 done, 1 nothing \
            waits, 75 the server does not answer.

            Examples:
              martlet queue flush
              martlet queue flush --domain example.net
            """)

    @OptionGroup var options: ConfigurationOption
    @Option(help: "Only recipients in this domain; * and ? match. Repeatable.")
    var domain: [String] = []

    func run() async throws {
        var selection = QueueSelection()
        selection.domains = domain
        let request = ControlRequest(.flush, selection, all: domain.isEmpty)
        try await QueueChange(done: "Tried now", request: request, json: false).run(options.load())
    }
}
