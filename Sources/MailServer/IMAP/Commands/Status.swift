internal import IMAP
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage

/// STATUS (RFC 9051 section 6.3.11). All of it is counted as it changes; nothing is looked through.
extension IMAPSession {
    func status(_ name: String, _ items: [StatusItem]) async throws(CommandFailure) -> Completion {
        let mailbox = try await mailbox(named: name, needing: .read)
        if items.contains(.highestModSequence) { enableCondstore() }
        try await writeStatus(mailbox, items)
        return .ok("STATUS completed")
    }

    // "STATUS" SP mailbox SP "(" [status-att-list] ")"
    func writeStatus(_ mailbox: ResolvedMailbox, _ items: [StatusItem]) async throws(CommandFailure) {
        let recent = items.contains(.recent) ? try await countRecent(mailbox.status) : 0
        output.writeStaticString("* STATUS ")
        output.writeIMAPMailbox(mailbox.name, utf8: writesUTF8)
        var separator: StaticString = " ("
        for item in items {
            output.writeStaticString(separator)
            separator = " "
            writeStatusItem(item, mailbox.status, recent)
        }
        output.writeStaticString(items.isEmpty ? " ()\r\n" : ")\r\n")
    }

    private func writeStatusItem(_ item: StatusItem, _ status: MailboxStatus, _ recent: Int) {
        switch item {
        case .messages: write("MESSAGES ", UInt64(status.messages))
        case .recent: write("RECENT ", UInt64(recent))
        case .uidNext: write("UIDNEXT ", UInt64(status.uidNext))
        case .uidValidity: write("UIDVALIDITY ", UInt64(status.uidValidity))
        case .unseen: write("UNSEEN ", UInt64(status.unseen))
        case .deleted: write("DELETED ", UInt64(status.deleted))
        case .size: write("SIZE ", UInt64(status.bytes))
        case .highestModSequence: write("HIGHESTMODSEQ ", status.highestModSequence)
        case .appendLimit:
            write("APPENDLIMIT ", UInt64(service.configuration.maximumMessageSize))
        case .mailboxID: output.writeString("MAILBOXID (\(mailboxObjectID(status.id)))")
        case .deletedStorage: write("DELETED-STORAGE ", UInt64(status.deletedBytes))
        }
    }

    private func countRecent(_ status: MailboxStatus) async throws(CommandFailure) -> Int {
        do throws(MailError) {
            return try await service.mailboxes.countRecent(in: status)
        } catch {
            throw refusal(error)
        }
    }

    private func write(_ name: StaticString, _ number: UInt64) {
        output.writeStaticString(name)
        output.writeIMAPNumber(number)
    }
}
