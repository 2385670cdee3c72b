internal import MailModel
internal import IMAP

/// A Maildir++ tree (Courier, Dovecot): INBOX in `cur` and `new` of the folder itself, other folders
/// beside them as ".Name.Below" in modified UTF-7 (or UTF-8). Keywords come from Dovecot's
/// `dovecot-keywords`.
package final class MaildirSource: MailSource {
    private let path: String

    package init(path: String) throws(MigrationError) {
        let path = try Files.resolve(path)
        guard Files.isDirectory(path + "/cur") else {
            throw MigrationError("\(path) is no Maildir: it has no folder “cur”")
        }
        self.path = path
    }

    package var identity: String { "maildir:\(path)" }

    package func folders() throws(MigrationError) -> [SourceFolder] {
        var folders = [SourceFolder(name: "INBOX", location: path)]
        for name in try Files.names(in: path) where name.hasPrefix(".") {
            let location = "\(path)/\(name)"
            guard Files.isDirectory(location), Files.isDirectory(location + "/cur") else { continue }
            let levels = name.dropFirst().split(separator: ".", omittingEmptySubsequences: false)
                .map { ModifiedUTF7.decode($0.utf8) ?? String($0) }
            guard !levels.contains("") else { continue }
            folders.append(
                SourceFolder(name: levels.joined(separator: "/"), location: location))
        }
        return folders
    }

    package func messages(in folder: SourceFolder) throws(MigrationError) -> [SourceMessage] {
        let keywords = Self.keywords(of: folder.location)
        var messages: [SourceMessage] = []
        for part in ["new", "cur"] {
            let directory = "\(folder.location)/\(part)"
            guard Files.isDirectory(directory) else { continue }
            for name in try Files.names(in: directory) where !name.hasPrefix(".") {
                messages.append(Self.message(name, in: directory, keywords))
            }
        }
        // By arrival: the name begins with the second.
        return messages.sorted {
            ($0.date ?? .init(milliseconds: 0), $0.key) < ($1.date ?? .init(milliseconds: 0), $1.key)
        }
    }

    /// ```
    /// name = unique [":2," *flag]       ; https://cr.yp.to/proto/maildir.html
    /// ```
    private static func message(
        _ name: String, in directory: String, _ keywords: [Character: String]
    ) -> SourceMessage {
        let parts = name.split(separator: ":", maxSplits: 1)
        var message = SourceMessage(
            key: String(parts[0]), location: "\(directory)/\(name)")
        if parts.count > 1, parts[1].hasPrefix("2,") {
            for letter in parts[1].dropFirst(2) {
                switch letter {
                case "S": message.flags.insert(.seen)
                case "R": message.flags.insert(.answered)
                case "F": message.flags.insert(.flagged)
                case "T": message.flags.insert(.deleted)
                case "D": message.flags.insert(.draft)
                case "P": message.keywords.append("$Forwarded")
                default:
                    if let keyword = keywords[letter] { message.keywords.append(keyword) }
                }
            }
        }
        // Dovecot keeps the date of arrival as the file's time.
        message.date =
            Files.modificationTime(message.location).map(Timestamp.init(milliseconds:))
            ?? Int64(parts[0].prefix { $0.isNumber }).flatMap(Self.date)
        return message
    }

    /// - Parameter seconds: of a file's name, which may be anything; nil behind the year 9999.
    private static func date(_ seconds: Int64) -> Timestamp? {
        seconds < 253_402_300_800 ? Timestamp(milliseconds: seconds * 1000) : nil
    }

    /// Lines "0 Keyword" for the letters from "a".
    private static func keywords(of folder: String) -> [Character: String] {
        guard let reader = try? FileReader(folder + "/dovecot-keywords") else { return [:] }
        var text: [UInt8] = []
        // Without it only keywords are lost, and the file is often not there.
        try? reader.read(0..<min(reader.size, 65_536)) { text += $0 }
        var keywords: [Character: String] = [:]
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let number = UInt8(parts[0]), number < 26 else { continue }
            keywords[Character(UnicodeScalar(UInt8(ascii: "a") + number))] = String(parts[1])
        }
        return keywords
    }

    package func read(
        _ message: SourceMessage, _ body: (UnsafeRawBufferPointer) throws(MigrationError) -> Void
    ) throws(MigrationError) {
        let file = try FileReader(message.location)
        var endings = LineEndings()
        try file.read(0..<file.size) { part throws(MigrationError) in
            try endings.convert(part, body)
        }
    }
}
