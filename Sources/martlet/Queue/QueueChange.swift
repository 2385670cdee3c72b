internal import ArgumentParser
internal import MailModel
internal import MailServer

/// A command that has the running server change its queue: what the commands have in common.
struct QueueChange {
    /// As in `Held: 3 recipients of 2 messages.`
    let done: String
    let request: ControlRequest
    let json: Bool

    /// - Throws: exit status 1 when no message was changed or some could not be, 75 when the server
    ///   could not be asked.
    func run(_ configuration: ServerConfiguration) async throws {
        let meter = ProgressMeter()
        let end: ControlReply.End
        do {
            end = try await ControlClient(configuration: configuration).ask(request) { reply in
                meter.clear()
                for change in reply.changes { print(json ? Self.json(change) : line(change)) }
                if let seen = reply.seen { meter.show("looked at", seen, of: nil) }
            }
            meter.clear()
        } catch {
            meter.clear()
            complain("martlet queue: \(error)")
            throw ExitCode(75)
        }
        if !json { print(summary(end)) }
        if let error = end.error { complain("martlet queue: \(printable(error))") }
        if end.failures > 0 || end.error != nil || end.messages == 0 { throw ExitCode(1) }
    }

    private func summary(_ end: ControlReply.End) -> String {
        guard end.messages > 0 else { return "Nothing was changed: no such message waits." }
        // A flush of all counts what goes to one destination together, and looks at no recipients.
        var text =
            end.recipients == 0
            ? "\(done): \(counted(end.messages, "delivery", "deliveries"))"
            : "\(done): \(counted(end.recipients, "recipient")) of \(counted(end.messages, "message"))"
        if end.failures > 0 { text += "; \(counted(end.failures, "message")) could not be" }
        return text + "."
    }

    private func line(_ change: ControlReply.Change) -> String {
        var recipients = change.recipients.joined(separator: " ")
        let more = change.recipientCount - change.recipients.count
        if more > 0 { recipients += " and \(more) more" }
        let outcome =
            switch change.outcome {
            case .done: done.lowercased()
            case .afterAttempt: "\(done.lowercased()) once its delivery ends, which is under way"
            case .failed: "failed: \(change.error ?? "")"
            }
        return printable("\(change.id): \(outcome), from <\(change.sender)> to \(recipients)")
    }

    private static func json(_ change: ControlReply.Change) -> String {
        // Strings and numbers only: encoding them can't fail.
        try! encodeJSONLine(change)
    }
}
