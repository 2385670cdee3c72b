internal import ArgumentParser

struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "Look at mail that waits, and change what becomes of it.",
        discussion: """
            list, show, summary and trace read the state directory, whether the server runs or not. \
            The other commands ask the running server. Both take root or the server's user.
            """,
        subcommands: [
            QueueListCommand.self, QueueShowCommand.self, QueueSummaryCommand.self,
            QueueRetryCommand.self, QueueHoldCommand.self, QueueReleaseCommand.self,
            QueueDeleteCommand.self, QueueFlushCommand.self, QueueTraceCommand.self,
        ])
}
