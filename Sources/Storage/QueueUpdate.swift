import MailModel

/// What happened to recipients of a message, and who waits until it is recorded.
struct QueueUpdate: Sendable {
    let id: QueueID
    let updates: [RecipientUpdate]
    let reply: Reply<[RecipientResult]>

    /// All of them leave the queue, and nothing else happens: the log can record that.
    var isCompletion: Bool {
        updates.allSatisfy {
            switch $0 {
            case .relayed, .complete: true
            default: false
            }
        }
    }
}
