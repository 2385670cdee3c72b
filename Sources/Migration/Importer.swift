internal import MailModel

/// Copies an account's mail from a source into Martlet: folders, flags, keywords and dates. What the
/// journal knows is not copied again.
package final class Importer {
    package struct Plan: Sendable {
        /// STATE/imap.sock of a running server.
        package var socketPath: String
        /// The account's login or address.
        package var account: String
        package var journal: String
        /// Folders of the source by name to mailboxes here.
        package var renamed: [String: String]
        /// Names begin with it, INBOX included: "Old/".
        package var prefix: String
        /// Only look, and count.
        package var isDryRun: Bool

        package init(
            socketPath: String, account: String, journal: String, renamed: [String: String] = [:],
            prefix: String = "", isDryRun: Bool = false
        ) {
            self.socketPath = socketPath
            self.account = account
            self.journal = journal
            self.renamed = renamed
            self.prefix = prefix
            self.isDryRun = isDryRun
        }
    }

    package struct Report: Sendable, Codable {
        package var folders = 0
        package var copied = 0
        /// Copied by an earlier run.
        package var known = 0
        package var octets = 0
        /// Messages that could not be copied, each with the reason.
        package var failures: [String] = []

        package init() {}
    }

    /// Appends that may wait for their answer.
    private static let window = 64

    private struct Sent {
        var tag: String
        var entry: String
        var size: Int
        var place: String
    }

    private let source: any MailSource
    private let plan: Plan
    private let progress: (String, Int, Int?) -> Void
    private let journal: Journal
    private let target: MailboxTarget
    private var sent: [Sent] = []
    private var report = Report()

    /// - Parameter progress: a folder's name, messages done, and how many it has.
    package init(
        _ source: any MailSource, _ plan: Plan, progress: @escaping (String, Int, Int?) -> Void
    ) throws(MigrationError) {
        self.source = source
        self.plan = plan
        self.progress = progress
        journal = try Journal(plan.journal)
        target = try MailboxTarget(socketPath: plan.socketPath, account: plan.account)
    }

    package func run() throws(MigrationError) -> Report {
        for folder in try source.folders() { try copy(folder) }
        return report
    }

    private func copy(_ folder: SourceFolder) throws(MigrationError) {
        let mailbox =
            plan.renamed[folder.name]
            ?? (plan.prefix.isEmpty ? target.mailbox(for: folder) : plan.prefix + folder.name)
        progress(folder.name, 0, nil)
        let messages = try source.messages(in: folder)
        report.folders += 1
        if !plan.isDryRun { try target.require(mailbox) }
        for (index, message) in messages.enumerated() {
            if index % 100 == 0 { progress(folder.name, index, messages.count) }
            let entry = Journal.entry("\(source.identity)\t\(folder.name)", message.key)
            if journal.done.contains(entry) {
                report.known += 1
            } else if plan.isDryRun {
                report.copied += 1
            } else {
                try copy(message, entry, to: mailbox)
            }
        }
        while !sent.isEmpty { try takeAnswer() }
        try journal.flush()
        progress(folder.name, messages.count, messages.count)
    }

    private func copy(_ message: SourceMessage, _ entry: String, to mailbox: String)
        throws(MigrationError)
    {
        var measure = MessageMeasure()
        do throws(MigrationError) {
            try source.read(message) { part throws(MigrationError) in measure.add(part) }
            if journal.begun.contains(entry) {
                // The last run was cut short between sending it and hearing of it.
                while !sent.isEmpty { try takeAnswer() }
                if let id = measure.messageID,
                    try target.contains(messageID: id, size: measure.size, in: mailbox)
                {
                    journal.finish(entry)
                    report.known += 1
                    return
                }
            }
        } catch {
            guard error.isOfOneMessage else { throw error }
            report.failures.append("\(message.location): \(error)")
            return
        }
        journal.begin(entry)
        try journal.flush()
        try send(message, entry, measure.size, to: mailbox)
        while sent.count >= Self.window { try takeAnswer() }
    }

    /// Once the size is said, exactly so many octets must follow.
    private func send(_ message: SourceMessage, _ entry: String, _ size: Int, to mailbox: String)
        throws(MigrationError)
    {
        let tag = try target.beginAppend(message, size: size, to: mailbox)
        var left = size
        do throws(MigrationError) {
            try source.read(message) { part throws(MigrationError) in
                guard part.count <= left else {
                    throw MigrationError("\(message.location): it changed while it was copied")
                }
                left -= part.count
                try target.send(part)
            }
            guard left == 0 else {
                throw MigrationError("\(message.location): it changed while it was copied")
            }
        } catch {
            throw MigrationError("\(message.location): stopped in the middle of a message: \(error)")
        }
        try target.endAppend()
        sent.append(Sent(tag: tag, entry: entry, size: size, place: message.location))
    }

    private func takeAnswer() throws(MigrationError) {
        let oldest = sent.removeFirst()
        do throws(MigrationError) {
            try target.answer(to: oldest.tag)
            journal.finish(oldest.entry)
            report.copied += 1
            report.octets += oldest.size
        } catch {
            guard error.isOfOneMessage else { throw error }
            report.failures.append("\(oldest.place): \(error)")
        }
    }
}
