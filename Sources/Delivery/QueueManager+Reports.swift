internal import Logging
internal import MailModel
internal import Spool
internal import Storage

/// Reports that recipients' ends call for.
extension QueueManager {
    /// A settled recipient's report, if anybody wants one.
    func owed(_ recipient: QueueRecipient, _ entry: QueueEntry) -> Verdict? {
        let action: ReportedRecipient.Action
        switch recipient.state {
        case .failed: action = .failed
        case .delivered: action = .delivered
        case .active, .deferred, .hold: return nil
        }
        let complete = RecipientUpdate.complete(number: recipient.number)
        let status: Verdict.Status = action == .failed ? .bounced : .delivered
        guard reports.target(action, recipient.routed, entry.envelope.reversePath) != nil else {
            return Verdict(status: status, update: complete)
        }
        let report = ReportedRecipient(
            number: recipient.number, routed: recipient.routed, action: action,
            error: action == .failed ? recipient.lastError ?? .unknown : nil,
            lastAttempt: spool.clock.now)
        return Verdict(status: status, report: report, afterReport: complete)
    }

    /// Sends what is to be reported, gathered, and records that. False when some report could not
    /// be stored and its recipients remain as they are.
    func report(_ entry: QueueEntry, _ verdicts: [Verdict]) async throws(MailError) -> Bool
    {
        var isComplete = true
        var rest = verdicts[...]
        while let first = rest.first?.report {
            let part = rest.prefix(configuration.reports.maximumRecipients)
            rest = rest.dropFirst(part.count)
            // All of one message go to its sender, or all to the postmaster.
            guard
                let target = reports.target(
                    first.action, first.routed, entry.envelope.reversePath)
            else { continue }
            var updates: [RecipientUpdate]
            do {
                try await reporter.send(part.compactMap(\.report), about: entry, to: target)
                updates = part.compactMap(\.afterReport)
            } catch {
                logger.error("\(entry.id): cannot store a report to <\(target)>: \(error)")
                updates = part.compactMap(\.withoutReport)
                isComplete = false
            }
            if !updates.isEmpty { _ = try await spool.record(entry.id, updates) }
        }
        return isComplete
    }
}

extension MailError {
    /// RFC 3463 X.0.0: for an entry whose reason was not kept.
    fileprivate static let unknown = MailError(550, .init(5, 0, 0), "Delivery failed")
}
