import FuzzSupport
import IMAP
import MailModel

/// IMAP's commands, and what follows from them without a mailbox.
enum CommandTarget {
    static let words =
        CommandFuzz.samples.map { Array("a \($0)\r\n".utf8) }
        + FuzzSupport.words([
            "a ", "\r\n", "{0+}\r\n", "{3}\r\n", "~{1+}\r\n", "(", ")", "\"", "\\", "*", "%", "$", ",", ":", "1:*", "4294967295",
            "18446744073709551615", "NIL", "NOT ", "OR ", "FUZZY ", "ALL", "BODY[", "]", "<0.1>", "DONE", "&AOk-", "\u{e9}", "\0",
            " RETURN (", " CHARSET ", "UID ", "PARTIAL 1:2", "INBOX", "/",
        ])

    static func check(_ text: [UInt8], _ dice: inout Dice) throws(Violation) {
        var reader = CommandReader(limits: dice.chance(70) ? CommandFuzz.limits : CommandLimits())
        reader.isLoggedIn = dice.chance(80)
        reader.acceptsUTF8 = dice.chance(50)
        for command in try CommandFuzz.check(text, dice.split(text), reader) { try follow(command) }
        try CommandFuzz.checkSession(text, reader, &dice)
        try checkName(text)
    }

    private static func follow(_ command: IMAPCommand) throws(Violation) {
        switch command {
        case .search(let command): search(command.key, command.charset)
        case .sort(let command): search(command.search.key, command.search.charset)
        case .multiSearch(_, let command): search(command.key, command.charset)
        case .list(let command):
            for pattern in command.patterns { _ = MailboxPattern(command.reference + pattern).matches("INBOX/a/b") }
        case .lsub(let reference, let pattern): _ = MailboxPattern(reference + pattern).matches("a/b")
        case .create(let name, _), .delete(let name): try checkMailbox(name)
        case .setACL(_, _, let rights): _ = RightsChange(rights)?.applied(to: [])
        case .getMetadata(let command):
            for entry in command.entries { _ = MetadataName(entry)?.covers("/private/a/b", depth: command.depth) }
        default: break
        }
    }

    private static func search(_ key: SearchKey, _ charset: String?) {
        guard let query = try? SearchQuery(key, charset: charset, now: .now) else { return }
        _ = (query.usesModSequences, query.usesSequenceNumbers, query.fuzzyTests)
    }

    private static func checkMailbox(_ name: String) throws(Violation) {
        let canonical = MailboxName.canonical(name)
        try expect(MailboxName.canonical(canonical) == canonical, "a canonical name stays as it is")
        guard MailboxName.problem(with: canonical) == nil else { return }
        try expect(MailboxName.superiors(of: canonical).count < MailboxName.maximumDepth, "depth is limited")
        try expect(MailboxPattern("*").matches(canonical), "* matches every name")
    }

    private static func checkName(_ text: [UInt8]) throws(Violation) {
        if let name = ModifiedUTF7.decode(text) {
            try expect(ModifiedUTF7.encode(name) == String(decoding: text, as: UTF8.self), "modified UTF-7 has one spelling")
        }
        let string = String(decoding: text, as: UTF8.self)
        try expect(ModifiedUTF7.decode(ModifiedUTF7.encode(string).utf8) == string, "modified UTF-7 keeps names")
        let halves = text.split(separator: 10, maxSplits: 1).map { String(decoding: $0, as: UTF8.self) }
        guard halves.count == 2 else { return }
        _ = MailboxPattern(halves[0]).matches(halves[1])
        _ = MailboxPattern(halves[0]).canMatch(below: halves[1])
    }
}
