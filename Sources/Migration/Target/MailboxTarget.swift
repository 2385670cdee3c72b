internal import Glibc
internal import IMAP
internal import MailModel
internal import NIOCore

/// The account in Martlet that mail is copied into, over the server's local socket.
final class MailboxTarget {
    private let client: IMAPClient
    private var existing: Set<String> = []
    private var specialUses: [SpecialUse: String] = [:]
    private var selected: String?
    private let maximumSize: Int?

    init(socketPath: String, account: String) throws(MigrationError) {
        client = try IMAPClient(socketPath: socketPath, account: account)
        maximumSize = client.capabilities.lazy.compactMap { name in
            name.hasPrefix("APPENDLIMIT=") ? Int(name.dropFirst("APPENDLIMIT=".count)) : nil
        }.first
        try client.perform("LIST \"\" \"*\" RETURN (SPECIAL-USE)") { response throws(MigrationError) in
            guard response.keyword == "LIST", response.values.count >= 4,
                let wire = response.values[3].text, let name = ModifiedUTF7.decode(wire.utf8)
            else { return }
            existing.insert(name)
            for attribute in response.values[1].items?.compactMap({ $0.text }) ?? [] {
                if let use = SpecialUse(rawValue: attribute) { specialUses[use] = name }
            }
        }
    }

    deinit { client.logOut() }

    /// The mailbox for a folder of the source: that of the same use where there is one.
    func mailbox(for folder: SourceFolder) -> String {
        folder.specialUse.flatMap { specialUses[$0] } ?? folder.name
    }

    /// How a journal names the mailbox that a folder goes to: by the use that both have, if any. The
    /// user may rename it, and what was copied into it is there nevertheless.
    func journalName(of mailbox: String, for folder: SourceFolder) -> String {
        guard let use = folder.specialUse, specialUses[use] == mailbox else { return mailbox }
        return use.rawValue
    }

    /// Makes it, subscribed, when it does not exist.
    func require(_ mailbox: String) throws(MigrationError) {
        guard mailbox != "INBOX", !existing.contains(mailbox) else { return }
        try client.perform("CREATE \(IMAPClient.quoted(mailbox))")
        try client.perform("SUBSCRIBE \(IMAPClient.quoted(mailbox))")
        existing.insert(mailbox)
    }

    /// Waits until nothing is added to the mailbox any more: what a killed import had sent, the
    /// server still works off.
    private func settle(_ mailbox: String) throws(MigrationError) {
        var previous = ""
        for _ in 0..<Self.secondsToSettle {
            var next = ""
            try client.perform("STATUS \(IMAPClient.quoted(mailbox)) (UIDNEXT)") { response throws(MigrationError) in
                if response.keyword == "STATUS" { next = response.values.last?.items?.last?.text ?? "" }
            }
            if next == previous { return }
            previous = next
            sleep(1)
        }
    }

    private static let secondsToSettle = 60

    /// Whether the mailbox has a message of this size with this identifier.
    func contains(messageID: String, size: Int, in mailbox: String) throws(MigrationError) -> Bool {
        if selected != mailbox {
            try settle(mailbox)
            try client.perform("EXAMINE \(IMAPClient.quoted(mailbox))")
            selected = mailbox
        }
        var command = ByteBuffer(string: "UID SEARCH RETURN (COUNT) LARGER \(max(size - 1, 0)) SMALLER \(size + 1) HEADER Message-ID ")
        command.writeIMAPQuoted(messageID)
        var count = 0
        try client.perform(command, shown: "UID SEARCH") { response throws(MigrationError) in
            guard let place = response.values.firstIndex(where: { $0.text?.uppercased() == "COUNT" }),
                place + 1 < response.values.count
            else { return }
            count = response.values[place + 1].text.flatMap { Int($0) } ?? 0
        }
        return count > 0
    }

    // MARK: Appending

    /// - Throws: when the server would take no message of this size.
    func checkSize(_ size: Int) throws(MigrationError) {
        guard let maximumSize, size > maximumSize else { return }
        throw MigrationError(
            "\(size) octets are more than the server takes (\(maximumSize))", isOfOneMessage: true)
    }

    /// ```
    /// flag-keyword = atom      ; RFC 9051; other software keeps what is none
    /// ```
    private static func isKeyword(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= maximumKeyword
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !#"(){%*"\]"#.utf8.contains($0) }
    }

    private static let maximumKeyword = 100

    /// Sends an APPEND up to its literal's octets, which follow by `send` and `endAppend`.
    /// - Returns: the command's tag, for `answer`.
    func beginAppend(_ message: SourceMessage, _ measure: MessageMeasure, to mailbox: String) throws(MigrationError)
        -> String
    {
        let tag = client.nextTag()
        var command = ByteBuffer(string: "\(tag) APPEND ")
        command.writeIMAPMailbox(mailbox, utf8: false)
        command.writeStaticString(" ")
        command.writeIMAPFlags(message.flags, keywords: message.keywords.filter(Self.isKeyword))
        if let date = message.date {
            command.writeStaticString(" ")
            command.writeIMAPDateTime(date)
        }
        // literal8 (RFC 3516) is the only one that may hold NULs.
        command.writeString(" \(measure.hasNUL ? "~" : ""){\(measure.size)+}\r\n")
        try client.send(command)
        return tag
    }

    func send(_ bytes: UnsafeRawBufferPointer) throws(MigrationError) { try client.send(bytes) }

    func endAppend() throws(MigrationError) { try client.send(ByteBuffer(string: "\r\n")) }

    func answer(to tag: String) throws(MigrationError) { try client.answer(to: tag, "APPEND") }
}
