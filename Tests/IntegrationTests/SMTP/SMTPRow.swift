import Testing

/// A command at some stage of a session, and the reply to it.
struct SMTPRow: Sendable, CustomTestStringConvertible {
    var stage: RunningMartlet.Stage
    var command: String
    var reply: String
    var testDescription: String { "\(stage.rawValue): \(command.prefix(80)) → \(reply)" }

    init(_ stage: RunningMartlet.Stage, _ command: String, _ reply: String) {
        self.stage = stage
        self.command = command
        self.reply = reply
    }

    /// - Parameter before: commands that succeed first.
    func check(
        before: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let client = try RunningMartlet.shared.get().smtp(stage, source: Sources.next())
        for command in before { try client.expect(command, "2") }
        try client.send(Talk.octets(command) + [13, 10])
        let answer = try client.reply()
        #expect(Talk.matches(answer, reply[...]), "\(answer)", sourceLocation: sourceLocation)
    }
}
