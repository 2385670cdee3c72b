internal import MailModel
internal import Spool
internal import Storage

/// What is to be recorded and reported of one recipient after an attempt.
struct Verdict {
    enum Status: String { case delivered, relayed, deferred, waiting, bounced, rerouted, gone }

    var status: Status
    var error: MailError?
    var handover: Handover?
    /// Recorded at once.
    var update: RecipientUpdate?
    /// Reported, when `afterReport` is recorded then.
    var report: ReportedRecipient?
    var afterReport: RecipientUpdate?
    /// Recorded instead of `afterReport` when the report could not be stored.
    var withoutReport: RecipientUpdate?
}

/// Decides what an outcome means: try again, give up, tell the sender. Does no I/O.
struct VerdictPolicy {
    let retry: RetryPolicy
    let delayWarning: Duration?
    let reports: ReportPolicy

    func judge(
        _ outcome: DeliveryOutcome, _ recipient: QueueRecipient, of entry: QueueEntry,
        now: Timestamp, variation: Double
    ) -> Verdict {
        switch outcome {
        case .recorded: Verdict(status: .delivered)
        case .gone: Verdict(status: .gone)
        case .relayed(let handover): relayed(recipient, entry, handover, now)
        case .failed(let error): failed(error, recipient, entry)
        case .deferred(let error): deferred(error, recipient, entry, now, variation)
        case .waiting(let error, let longest):
            waiting(error, recipient, entry, now, variation, atMost: longest)
        case .misrouted: deferred(.misrouted, recipient, entry, now, variation)
        }
    }

    /// Its place is taken by `targets`. More than one of them are not reported one by one: the
    /// sender asked about one address (RFC 3461 section 5.2.7.3).
    func reroute(
        _ recipient: QueueRecipient, to targets: [RoutedRecipient], of entry: QueueEntry,
        now: Timestamp
    ) -> Verdict {
        let report = report(.expanded, recipient, entry, nil, now)
        guard targets.count > 1, let report else {
            return Verdict(
                status: .rerouted, update: .replace(number: recipient.number, with: targets))
        }
        let quiet = targets.map { target in
            var target = target
            target.envelopeRecipient.notify?.remove(.success)
            return target
        }
        let update = RecipientUpdate.replace(number: recipient.number, with: quiet)
        return Verdict(
            status: .rerouted, report: report, afterReport: update, withoutReport: nil)
    }

    private func relayed(
        _ recipient: QueueRecipient, _ entry: QueueEntry, _ handover: Handover, _ now: Timestamp
    ) -> Verdict {
        let complete = RecipientUpdate.relayed(number: recipient.number)
        guard !handover.reportsSuccess,
            var report = report(.relayed, recipient, entry, nil, now)
        else {
            return Verdict(status: .relayed, handover: handover, update: complete)
        }
        report.handover = handover
        // The message must not go out a second time because its report cannot be stored.
        return Verdict(
            status: .relayed, handover: handover, report: report, afterReport: complete,
            withoutReport: complete)
    }

    /// Nobody to be told: it leaves the queue. Else it is settled first, and reported then.
    private func failed(
        _ error: MailError, _ recipient: QueueRecipient, _ entry: QueueEntry
    ) -> Verdict {
        let isOwed = reports.target(.failed, recipient.routed, entry.envelope.reversePath) != nil
        return Verdict(
            status: .bounced, error: error,
            update: isOwed
                ? .fail(number: recipient.number, error) : .complete(number: recipient.number))
    }

    private func deferred(
        _ error: MailError, _ recipient: QueueRecipient, _ entry: QueueEntry, _ now: Timestamp,
        _ variation: Double
    ) -> Verdict {
        let isFull = error.status == MailError.mailboxFull.status
        var deadline = entry.begin + (isFull ? retry.overQuotaGrace : retry.expiry)
        if let by = entry.envelope.deliverBy, by.mode == .return { deadline = min(deadline, by.deadline) }
        guard now < deadline else {
            return failed(isFull ? .mailboxStillFull : .expired(error), recipient, entry)
        }
        // The sender is told at that time, not at the next attempt after it.
        let warning = warning(error, recipient, entry, now)
        var latest = deadline
        if let time = warning?.time, now < time { latest = min(deadline, time) }
        let next = retry.nextAttempt(
            now: now, after: recipient.attempts,
            recipient.routed.route.isRemote ? .remote : .local, deadline: latest,
            variation: variation)
        func postpone(delayReported: Bool) -> RecipientUpdate {
            .postpone(
                number: recipient.number, until: next, error, delayReported: delayReported)
        }
        guard var warning, now >= warning.time else {
            return Verdict(
                status: .deferred, error: error,
                update: postpone(delayReported: recipient.delayReported))
        }
        warning.report.willRetryUntil = deadline
        return Verdict(
            status: .deferred, error: error, report: warning.report,
            afterReport: postpone(delayReported: true),
            withoutReport: postpone(delayReported: false))
    }

    /// When the sender is told of the delay, and what; nil when it has been or does not want to be.
    private func warning(
        _ error: MailError, _ recipient: QueueRecipient, _ entry: QueueEntry, _ now: Timestamp
    ) -> (time: Timestamp, report: ReportedRecipient)? {
        let noticeTime = entry.envelope.noticeTime
        guard !recipient.delayReported,
            let time = noticeTime ?? delayWarning.map({ entry.begin + $0 }),
            let report = report(
                .delayed, recipient, entry, noticeTime == nil ? error : .late(error), now)
        else { return nil }
        return (time, report)
    }

    private func waiting(
        _ error: MailError, _ recipient: QueueRecipient, _ entry: QueueEntry, _ now: Timestamp,
        _ variation: Double, atMost longest: Duration
    ) -> Verdict {
        let deadline = entry.begin + max(longest, retry.expiry)
        guard now < deadline else { return failed(.expired(error), recipient, entry) }
        let next = retry.nextAttempt(
            now: now, after: recipient.attempts, .remote, deadline: deadline, variation: variation)
        return Verdict(
            status: .waiting, error: error,
            update: .postpone(
                number: recipient.number, until: next, error,
                delayReported: recipient.delayReported))
    }

    private func report(
        _ action: ReportedRecipient.Action, _ recipient: QueueRecipient, _ entry: QueueEntry,
        _ error: MailError?, _ now: Timestamp
    ) -> ReportedRecipient? {
        guard reports.target(action, recipient.routed, entry.envelope.reversePath) != nil else {
            return nil
        }
        return ReportedRecipient(
            number: recipient.number, routed: recipient.routed, action: action, error: error,
            lastAttempt: now)
    }
}

extension QueueEntry {
    /// From when on it may be delivered: what it waited for by its sender's wish does not count.
    fileprivate var begin: Timestamp { max(arrival, envelope.releaseAt ?? arrival) }
}

extension Envelope {
    /// The deadline of BY=...;N, at which the sender is told instead of after the usual time (RFC 2852
    /// section 4.1.4).
    fileprivate var noticeTime: Timestamp? { deliverBy.flatMap { $0.mode == .notify ? $0.deadline : nil } }
}

extension MailError {
    /// RFC 3463 X.2.2, for good.
    fileprivate static let mailboxStillFull = MailError(552, .init(5, 2, 2), "Mailbox full")

    /// RFC 3463 X.4.7: delivery time expired. That is our verdict, whoever said what was last.
    fileprivate static func expired(_ last: MailError) -> MailError {
        MailError(
            550, .init(5, 4, 7), "Delivery time expired; last: \(last.quoted)", cause: last.cause)
    }

    /// The time of BY=...;N is over (RFC 2852 section 4.1.4).
    fileprivate static func late(_ last: MailError) -> MailError {
        MailError(
            451, .init(4, 4, 7), "Not delivered in the time that was asked for; last: \(last.quoted)",
            cause: last.cause)
    }

    private var quoted: String {
        "\(reportedBy.map { "\($0) said: " } ?? "")\(code) \(status) \(text)"
    }

    fileprivate static let misrouted = MailError(
        451, .init(4, 4, 3), "The route has changed, trying again later")
}
