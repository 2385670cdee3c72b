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
        let line = Self.line(verdict, recipient, of: entry, age: age)
        // Addresses and causes come from outside: none of them begins a line of its own.
        logger.info("\(ReportText.oneLine(line))")
    }

    /// Every message that leaves has one: appended to, rather than made of strings.
    private static func line(
        _ verdict: Verdict, _ recipient: QueueRecipient, of entry: QueueEntry, age: Duration
    ) -> String {
        let routed = recipient.routed
        var line = ""
        line.reserveCapacity(400)
        line += entry.id.description
        line += ": to=<"
        line += routed.address.description
        if routed.envelopeRecipient.address != routed.address {
            line += "> for=<"
            line += routed.envelopeRecipient.address.description
        }
        line += "> from=<"
        line += entry.envelope.reversePath.description
        line += "> status="
        line += verdict.status.rawValue
        let (seconds, fraction) = age.components
        line += " delay="
        line += seconds.description
        line += "."
        line += (fraction / 100_000_000_000_000_000).description
        line += "s attempt="
        line += (recipient.attempts + 1).description
        if let handover = verdict.handover {
            line += " relay="
            line += handover.host
            line += "["
            line += handover.address
            line += "] tls="
            line += handover.tls ?? "none"
            line += " reply=\""
            line += handover.reply
            line += "\""
        }
        if let error = verdict.error {
            if let host = error.reportedBy { line += " relay=\(host)" }
            line += " cause=\(error)"
        }
        return line
    }
}
