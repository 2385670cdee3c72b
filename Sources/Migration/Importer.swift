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
    private var isStopping = false
    private var report = Report()

    /// - Parameter progress: a folder's name, messages done, and how many it has.
    package init(
        _ source: any MailSource, _ plan: Plan, progress: @escaping (String, Int, Int?) -> Void
    ) throws(MigrationError) {
        self.source = source
        self.plan = plan
        self.progress = progress
        target = try MailboxTarget(socketPath: plan.socketPath, account: plan.account)
        journal = try Journal(plan.journal)
    }

    package func run() throws(MigrationError) -> Report {
        do throws(MigrationError) {
            for folder in try source.folders() {
                do throws(MigrationError) {
                    try copy(folder)
                } catch {
                    guard error.isOfOneMessage else { throw error }
                    report.failures.append("\(folder.name): \(error)")
                }
            }
        } catch {
            // What is known to be there is not to be sent again; why it stopped matters more than
            // whether this could be written.
            try? journal.flush()
            throw error
        }
        return report
    }

    private func copy(_ folder: SourceFolder) throws(MigrationError) {
        let mailbox = mailbox(for: folder)
        progress(folder.name, 0, nil)
        let messages = try source.messages(in: folder)
        if !plan.isDryRun { try target.require(mailbox) }
        report.folders += 1
        let place = target.journalName(of: mailbox, for: folder)
        for (index, message) in messages.enumerated() {
            if index % 100 == 0 { progress(folder.name, index, messages.count) }
            let entry = Journal.entry("\(source.identity)\t\(folder.name)", place, message.key)
            if journal.done.contains(entry) {
                report.known += 1
            } else if plan.isDryRun {
                report.copied += 1
            } else {
                try copy(message, of: folder, entry, to: mailbox)
            }
        }
        while !sent.isEmpty { try takeAnswer() }
        try journal.flush()
        progress(folder.name, messages.count, messages.count)
    }

    private func mailbox(for folder: SourceFolder) -> String {
        if let name = plan.renamed[folder.name] { return name }
        guard plan.prefix.isEmpty else { return plan.prefix + folder.name }
        return folder.name.uppercased() == "INBOX" ? "INBOX" : target.mailbox(for: folder)
    }

    private func copy(
        _ message: SourceMessage, of folder: SourceFolder, _ entry: String, to mailbox: String
    ) throws(MigrationError) {
        let place = "\(folder.name), \(message.location)"
        let copy = MessageCopy()
        do throws(MigrationError) {
            try source.read(message) { part throws(MigrationError) in try copy.add(part) }
            try target.checkSize(copy.size)
        } catch {
            guard error.isOfOneMessage else { throw error }
            report.failures.append("\(place): \(error)")
            return
        }
        if journal.begun.contains(entry), try isThere(copy, in: mailbox) {
            journal.finish(entry)
            report.known += 1
            return
        }
        journal.begin(entry)
        try journal.flush()
        let tag = try target.beginAppend(message, copy.measure, to: mailbox)
        try copy.read { part throws(MigrationError) in try target.send(part) }
        try target.endAppend()
        sent.append(Sent(tag: tag, entry: entry, size: copy.size, place: place))
        while sent.count >= Self.window { try takeAnswer() }
    }

    /// For what an earlier run sent without hearing of it.
    private func isThere(_ copy: MessageCopy, in mailbox: String) throws(MigrationError) -> Bool {
        guard let id = copy.measure.messageID else { return false }
        while !sent.isEmpty { try takeAnswer() }
        return try target.contains(messageID: id, size: copy.size, in: mailbox)
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
            journal.refuse(oldest.entry)
            report.failures.append("\(oldest.place): \(error)")
            guard !isStopping, Self.concernsTheRest(error) else { return }
            isStopping = true
            while !sent.isEmpty { try takeAnswer() }
            throw MigrationError("stopped after \(counted(report.copied, "message")): \(error)")
        }
    }

    /// No room, no quota: every message would be answered so (RFC 5530, RFC 9208).
    private static func concernsTheRest(_ refusal: MigrationError) -> Bool {
        ["[UNAVAILABLE]", "[OVERQUOTA]"].contains { refusal.description.contains($0) }
    }
}
