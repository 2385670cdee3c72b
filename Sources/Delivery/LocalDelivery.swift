internal import MailModel
package import Spool
internal import Storage

/// Delivers into INBOX of accounts here. The mailbox row and the recipient's completion are one
/// transaction, so a crash leaves both or neither: it happens exactly once.
package struct LocalDelivery: DeliveryAgent {
    private let spool: Spool

    package init(spool: Spool) { self.spool = spool }

    package func deliver(_ attempt: DeliveryAttempt, _ progress: any DeliveryProgress) async
        -> DeliveryResult
    {
        var outcomes = [DeliveryOutcome](
            repeating: .deferred(.localProblem("not a mailbox")), count: attempt.recipients.count)
        var updates: [(index: Int, update: RecipientUpdate)] = []
        for (index, recipient) in attempt.recipients.enumerated() {
            guard case .mailbox(let account, let quota) = recipient.routed.route else { continue }
            let update = RecipientUpdate.deliverLocally(
                number: recipient.number, account: account, quota: quota)
            updates.append((index, update))
        }
        do {
            let results = try await spool.record(attempt.message.id, updates.map(\.update))
            for ((index, _), result) in zip(updates, results) {
                outcomes[index] =
                    switch result {
                    case .recorded: .recorded
                    case .overQuota: .deferred(.mailboxFull)
                    case .gone: .gone
                    }
            }
        } catch {
            for (index, _) in updates { outcomes[index] = .deferred(error) }
        }
        return DeliveryResult(outcomes)
    }
}

extension MailError {
    /// RFC 3463 X.2.2: mailbox full; it may empty.
    static let mailboxFull = MailError(452, .init(4, 2, 2), "Mailbox full, trying again later")
}
