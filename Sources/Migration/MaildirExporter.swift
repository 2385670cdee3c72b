internal import Glibc
internal import IMAP
internal import MailModel

/// Writes an account's mail as a Maildir++ tree: flags in the files' names, dates as the files'
/// times, keywords in `dovecot-keywords`. A message has the same name in every run, so a second run
/// writes only what is new.
package final class MaildirExporter {
    package struct Report: Sendable, Codable {
        package var mailboxes = 0
        package var written = 0
        /// There from an earlier run.
        package var known = 0

        package init() {}
    }

    /// Dovecot has letters for so many keywords.
    private static let maximumKeywords = 26

    private let client: IMAPClient
    private let path: String
    private let progress: (String, Int, Int?) -> Void
    private var report = Report()

    package init(
        socketPath: String, account: String, path: String,
        progress: @escaping (String, Int, Int?) -> Void
    ) throws(MigrationError) {
        client = try IMAPClient(socketPath: socketPath, account: account)
        self.path = path
        self.progress = progress
    }

    deinit { client.logOut() }

    package func run() throws(MigrationError) -> Report {
        try Files.makeDirectory(path)
        for mailbox in try client.personalMailboxes() { try export(mailbox.wire) }
        return report
    }

    private struct Message {
        var uid: String
        var flags: [String]
        var date: Timestamp?
    }

    private func export(_ wire: String) throws(MigrationError) {
        let name = ModifiedUTF7.decode(wire.utf8) ?? wire
        // In Maildir++ "." separates levels: one within a name can't be told from that.
        let folder =
            name == "INBOX"
            ? path : "\(path)/.\(wire.replacing(".", with: "_").replacing("/", with: "."))"
        try Files.makeDirectory(folder)
        for part in ["cur", "new", "tmp"] { try Files.makeDirectory("\(folder)/\(part)") }
        if folder != path { try Files.touch("\(folder)/maildirfolder") }

        progress(name, 0, nil)
        var validity = "0"
        try client.perform("EXAMINE \(IMAPClient.quoted(name))") { response throws(MigrationError) in
            let text = response.humanText
            if response.keyword == "OK", let start = text.firstRange(of: "[UIDVALIDITY ")?.upperBound {
                validity = String(text[start...].prefix { $0.isNumber })
            }
        }
        var messages: [Message] = []
        try client.perform("UID FETCH 1:* (UID FLAGS INTERNALDATE)") { response throws(MigrationError) in
            guard let items = FetchItems(response), let uid = items["UID"]?.text else { return }
            messages.append(
                Message(
                    uid: uid, flags: items["FLAGS"]?.items?.compactMap { $0.text } ?? [],
                    date: items["INTERNALDATE"]?.text.flatMap(InternalDate.parse)))
        }
        let keywords = try writeKeywords(messages, folder)
        var existing: [String: String] = [:]
        for file in try Files.names(in: "\(folder)/cur") {
            existing[String(file.prefix { $0 != ":" })] = file
        }
        report.mailboxes += 1
        for (index, message) in messages.enumerated() {
            if index % 100 == 0 { progress(name, index, messages.count) }
            let seconds = (message.date?.milliseconds ?? 0) / 1000
            let base = "\(seconds).V\(validity)U\(message.uid).martlet"
            let file = "\(base):2,\(Self.letters(message.flags, keywords))"
            if let old = existing[base] {
                report.known += 1
                if old != file, rename("\(folder)/cur/\(old)", "\(folder)/cur/\(file)") != 0 {
                    throw .system("\(folder)/cur/\(old)")
                }
                continue
            }
            try write(message, from: "\(folder)/tmp/\(base)", to: "\(folder)/cur/\(file)")
            report.written += 1
        }
        progress(name, messages.count, messages.count)
    }

    private func write(_ message: Message, from temporary: String, to file: String)
        throws(MigrationError)
    {
        let output = try FileWriter(temporary)
        try client.perform(
            "UID FETCH \(message.uid) (BODY.PEEK[])",
            sink: { part throws(MigrationError) in try output.write(part) })
        try output.finish(date: message.date)
        guard rename(temporary, file) == 0 else { throw .system(file) }
    }

    /// ASCII order, as the Maildir specification wants.
    private static func letters(_ flags: [String], _ keywords: [String: Character]) -> String {
        let system: [String: Character] = [
            "\\seen": "S", "\\answered": "R", "\\flagged": "F", "\\deleted": "T", "\\draft": "D",
            "$forwarded": "P",
        ]
        return String(
            flags.compactMap { system[$0.lowercased()] ?? keywords[$0.lowercased()] }.sorted())
    }

    /// Letters from "a", in the order of an earlier run's file, then of appearance.
    private func writeKeywords(_ messages: [Message], _ folder: String) throws(MigrationError)
        -> [String: Character]
    {
        let file = folder + "/dovecot-keywords"
        var names: [String] = []
        if Files.isFile(file) {
            let reader = try FileReader(file, ofOneMessage: false)
            var text: [UInt8] = []
            try reader.read(0..<min(reader.size, 65_536)) { text += $0 }
            names = String(decoding: text, as: UTF8.self).split(separator: "\n")
                .compactMap { $0.split(separator: " ", maxSplits: 1).last.map(String.init) }
        }
        for flag in messages.flatMap(\.flags)
        where !flag.hasPrefix("\\") && flag.lowercased() != "$forwarded" {
            guard names.count < Self.maximumKeywords else { break }
            if !names.contains(where: { $0.lowercased() == flag.lowercased() }) { names.append(flag) }
        }
        guard !names.isEmpty else { return [:] }
        let output = try FileWriter(file)
        var letters: [String: Character] = [:]
        for (number, name) in names.prefix(Self.maximumKeywords).enumerated() {
            letters[name.lowercased()] = Character(UnicodeScalar(UInt8(ascii: "a") + UInt8(number)))
            try output.write(Array("\(number) \(name)\n".utf8))
        }
        try output.finish(date: nil)
        return letters
    }
}
