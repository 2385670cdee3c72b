internal import Logging
internal import MailModel
internal import Spool
internal import Storage

/// Tells what became of each recipient in each attempt: the observer, and the log by a line.
struct DeliveryLog {
    let logger: Logger
    let observer: (any DeliveryObserver)?

    func write(
        _ verdict: Verdict, _ recipient: QueueRecipient, of entry: QueueEntry, now: Timestamp
    ) {
        let age = now.since(entry.arrival)
        observer?.attempted(
            DeliveryEvent(
                id: entry.id, status: verdict.status.rawValue, recipient: recipient, age: age,
                error: verdict.error, handover: verdict.handover))
        guard logger.logLevel <= .info else { return }
        let routed = recipient.routed
        var line = "\(entry.id): to=<\(routed.address)>"
        if routed.envelopeRecipient.address != routed.address {
            line += " for=<\(routed.envelopeRecipient.address)>"
        }
        line += " from=<\(entry.envelope.reversePath)> status=\(verdict.status.rawValue)"
        let (seconds, fraction) = age.components
        let tenths = fraction / 100_000_000_000_000_000
        line += " delay=\(seconds).\(tenths)s attempt=\(recipient.attempts + 1)"
        if let handover = verdict.handover {
            line += " relay=\(handover.host)[\(handover.address)]"
            line += " tls=\(handover.tls ?? "none") reply=\"\(handover.reply)\""
        }
        if let error = verdict.error {
            if let host = error.reportedBy { line += " relay=\(host)" }
            line += " cause=\(error)"
        }
        // Addresses and causes come from outside: none of them begins a line of its own.
        logger.info("\(ReportText.oneLine(line))")
    }
}
