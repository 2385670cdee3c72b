import GRDB
import MailModel

/// The queue's rows: each entry has recipients and a message, and all can be read.
struct QueueCheck {
    private let db: Database

    init(_ db: Database) { self.db = db }

    func run(_ report: inout CheckReport, _ progress: StateCheck.Progress) throws {
        progress("checking the queue", 0, nil)
        try checkEntries(&report)
        try checkRecipients(&report)
    }

    private func checkEntries(_ report: inout CheckReport) throws {
        let entries = try PreparedStatement(
            db,
            """
            SELECT q.message, q.envelope, m.id, q.next_number,
                (SELECT max(number) FROM queue_recipients r WHERE r.message = q.message),
                length(q.delivered)
            FROM queue q LEFT JOIN messages m ON m.id = q.message
            """)
        while try entries.step() {
            report.queued += 1
            let subject = Self.subject(entries)
            var envelope = entries.buffer(1)
            do {
                _ = try envelope.decodeEnvelope()
            } catch {
                report.add(.damage, subject, "its envelope: \(error)")
            }
            if entries.integer(5) % 16 != 0 {
                report.add(.damage, subject, "its list of who has a copy is cut short")
            }
            if entries.isNull(2) {
                report.add(.damage, subject, "waits in the queue, but is not stored")
            }
            if entries.isNull(4) {
                report.add(.note, subject, "waits in the queue without a recipient")
            } else if entries.integer(3) <= entries.integer(4) {
                report.add(
                    .mendable, subject, "its next recipient's number is taken already")
            }
        }
    }

    private func checkRecipients(_ report: inout CheckReport) throws {
        let recipients = try PreparedStatement(
            db,
            """
            SELECT r.message, r.number, r.state, r.attempts, r.next_attempt, r.delay_reported,
                r.routed, r.error, q.message
            FROM queue_recipients r LEFT JOIN queue q ON q.message = r.message
            """)
        while try recipients.step() {
            let subject = Self.subject(recipients)
            do {
                _ = try QueueRecipient(recipients, from: 1)
            } catch {
                report.add(.damage, subject, "recipient \(recipients.integer(1)): \(error)")
            }
            if recipients.isNull(8) {
                report.add(
                    .damage, subject,
                    "recipient \(recipients.integer(1)) is left of it, but it is not in the queue")
            }
        }
    }

    private static func subject(_ row: PreparedStatement) -> String {
        "message \(QueueID(rawValue: UInt64(bitPattern: row.integer(0))))"
    }
}
