import Foundation
import FuzzSupport
import Testing

/// Several sessions on one mailbox do what comes to their minds, one command at a time. Each keeps a
/// picture of the mailbox from what it is told; a model knows what the mailbox holds.
@Suite(.ownThreads) struct IMAPMessagesModelTests {
    @Test(arguments: [1, 2, 3, 4])
    func sessionsAgree(_ seed: UInt64) throws {
        let server = try RunningMartlet.shared.get()
        let user = server.newUser()
        var random = Dice(seed: seed)
        var model = Model()
        let sessions = try (0..<4).map { number in
            let client = try IMAPMessagesClient(server, user, select: nil)
            if number == 2 { try client.ok("ENABLE CONDSTORE") }
            if number == 3 { try client.ok("ENABLE QRESYNC") }
            let session = Session(client)
            try session.run("SELECT INBOX")
            return session
        }
        for step in 0..<400 {
            let session = sessions.randomElement(using: &random)!
            let before = session.uids
            let command = session.command(&model, &random)
            let lines = try session.run(command)
            #expect(
                session.problems.isEmpty,
                "step \(step) \(command) in \(before): \(session.problems) \(lines)")
            guard session.problems.isEmpty else { return }
            if step % 20 == 19 {
                for session in sessions { try session.run("NOOP") }
                try agree(sessions, model, step)
            }
        }
        for session in sessions { try session.run("NOOP") }
        try agree(sessions, model, 400)
    }

    /// After a NOOP everybody's picture is the mailbox.
    private func agree(_ sessions: [Session], _ model: Model, _ step: Int) throws {
        for (number, session) in sessions.enumerated() {
            try session.run("UID FETCH 1:* (UID)")
            #expect(session.uids == model.flags.keys.sorted(), "step \(step) session \(number)")
            for (uid, flags) in session.flags {
                #expect(model.flags[uid] == flags, "step \(step) session \(number) UID \(uid)")
            }
            try session.run("UID FETCH 1:* (FLAGS BODY.PEEK[TEXT])")
            #expect(session.texts == model.texts.filter { model.flags[$0.key] != nil }, "step \(step) session \(number)")
            #expect(session.problems.isEmpty, "step \(step) session \(number): \(session.problems)")
        }
    }
}

/// What the mailbox holds. UIDs are known from APPENDUID and COPYUID.
private struct Model {
    var flags: [Int: Set<String>] = [:]
    var texts: [Int: String] = [:]
    var appended = 0
}

/// One session and its picture.
private final class Session {
    static let flagNames = ["\\Seen", "\\Flagged", "\\Deleted", "Red", "Blue"]

    private let client: IMAPMessagesClient
    /// By sequence number; 0 where only the number is known so far.
    private(set) var uids: [Int] = []
    private(set) var flags: [Int: Set<String>] = [:]
    private(set) var texts: [Int: String] = [:]
    private(set) var problems: [String] = []
    private var known: Set<String> = []

    init(_ client: IMAPMessagesClient) { self.client = client }

    // MARK: Asking

    /// A command that makes sense now; the model changes with its answer.
    func command(_ model: inout Model, _ random: inout Dice) -> String {
        let choice = Int.random(in: 0..<100, using: &random)
        if uids.count < 3 || choice < 12 && uids.count < 30 {
            model.appended += 1
            let text = "message \(model.appended)"
            let names = Self.flagNames.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
            let message = "Subject: x\r\n\r\n\(text)"
            expectAppend(&model, Set(names), text)
            return "APPEND INBOX (\(names.joined(separator: " "))) {\(message.utf8.count)+}\r\n\(message)"
        }
        let isUID = Bool.random(using: &random)
        let places = (0...Int.random(in: 0..<3, using: &random)).map { _ in
            Int.random(in: 0..<uids.count, using: &random)
        }
        let named = Set(places.map { uids[$0] })
        let set = places.map { "\(isUID ? uids[$0] : $0 + 1)" }.joined(separator: ",")
        let prefix = isUID ? "UID " : ""
        switch choice {
        case ..<50:
            let names = Self.flagNames.filter { _ in Bool.random(using: &random) }
            let operation = ["+", "-", ""].randomElement(using: &random)!
            let silent = Bool.random(using: &random) ? ".SILENT" : ""
            for uid in named { model.change(uid, operation, Set(names)) }
            if !silent.isEmpty { for uid in named { told(uid, operation, Set(names), model) } }
            return "\(prefix)STORE \(set) \(operation)FLAGS\(silent) (\(names.joined(separator: " ")))"
        case ..<60: return "\(prefix)FETCH \(set) (UID FLAGS)"
        case ..<66:
            for uid in named where model.flags[uid] != nil { model.flags[uid]?.insert("\\Seen") }
            return "\(prefix)FETCH \(set) (UID BODY[TEXT])"
        case ..<74:
            for uid in uids where model.flags[uid]?.contains("\\Deleted") == true {
                model.flags[uid] = nil
            }
            return "EXPUNGE"
        case ..<78:
            for uid in named where model.flags[uid]?.contains("\\Deleted") == true {
                model.flags[uid] = nil
            }
            return "UID EXPUNGE \(places.map { "\(uids[$0])" }.joined(separator: ","))"
        case ..<84:
            expectCopy(&model, named, removing: false)
            return "\(prefix)COPY \(set) INBOX"
        case ..<90:
            expectCopy(&model, named, removing: true)
            return "\(prefix)MOVE \(set) INBOX"
        case ..<92:
            for uid in named { model.flags[uid] = nil }
            return "\(prefix)MOVE \(set) Archive"
        default: return "NOOP"
        }
    }

    /// UIDs ascend without gaps as long as one mailbox does it all.
    private func expectAppend(_ model: inout Model, _ flags: Set<String>, _ text: String) {
        let uid = (model.texts.keys.max() ?? 0) + 1
        model.flags[uid] = flags
        model.texts[uid] = text
    }

    private func expectCopy(_ model: inout Model, _ named: Set<Int>, removing: Bool) {
        for uid in named.sorted() {
            guard let flags = model.flags[uid], let text = model.texts[uid] else { continue }
            if removing { model.flags[uid] = nil }
            expectAppend(&model, flags, text)
        }
    }

    /// A silent change is known without being told, as far as the message's flags are.
    private func told(_ uid: Int, _ operation: String, _ names: Set<String>, _ model: Model) {
        guard model.flags[uid] != nil else { return }
        switch operation {
        case "+": flags[uid]?.formUnion(names)
        case "-": flags[uid]?.subtract(names)
        default: flags[uid] = names
        }
    }

    // MARK: Listening

    @discardableResult
    func run(_ command: String) throws -> [String] {
        let lines = try client.ask(command)
        if lines.last?.hasPrefix("OK") != true, !Self.mayFail(command) {
            problems.append("\(lines.last ?? "")")
        }
        let forbidsExpunge = ["FETCH", "STORE"].contains { command.hasPrefix($0) }
        var responses = lines.dropLast()[...]
        while let line = responses.popFirst() {
            // None of the messages has a line end in what is fetched.
            guard line.hasSuffix("}"), let text = responses.popFirst() else {
                hear(line, forbidsExpunge)
                continue
            }
            let count = Int(line.split(separator: "{").last!.dropLast())!
            hear(line + text.dropFirst(count), forbidsExpunge, String(text.prefix(count)))
        }
        if uids.contains(0) { try run("FETCH 1:* (UID FLAGS)") }
        return lines
    }

    /// COPY and MOVE of messages that another session has removed.
    private static func mayFail(_ command: String) -> Bool {
        command.hasPrefix("COPY") || command.hasPrefix("MOVE")
    }

    private func hear(_ line: String, _ forbidsExpunge: Bool, _ text: String? = nil) {
        let words = line.split(separator: " ", maxSplits: 3).map(String.init)
        guard words.first == "*", words.count > 2 else { return }
        if words[1] == "FLAGS" {
            known.formUnion(Self.list(line, after: "FLAGS (") ?? [])
        } else if words[1] == "VANISHED" {
            if forbidsExpunge { problems.append("expunge within \(line)") }
            let gone = Self.numbers(words[2])
            uids.removeAll { gone.contains($0) }
            forget(gone)
        } else if words[2] == "EXISTS", let count = Int(words[1]) {
            if count < uids.count { problems.append("EXISTS shrinks: \(line)") }
            while uids.count < count { uids.append(0) }
        } else if words[2] == "EXPUNGE", let number = Int(words[1]) {
            if forbidsExpunge { problems.append("expunge within \(line)") }
            guard (1...uids.count).contains(number) else { return problems.append(line) }
            forget([uids.remove(at: number - 1)])
        } else if words[2] == "FETCH", let number = Int(words[1]) {
            fetched(number, line)
            if let text, problems.isEmpty { texts[uids[number - 1]] = text }
        }
    }

    private func fetched(_ number: Int, _ line: String) {
        guard (1...max(uids.count, 1)).contains(number), !uids.isEmpty else {
            return problems.append("no such number: \(line)")
        }
        if let place = line.range(of: "UID "), let uid = Int(line[place.upperBound...].prefix { $0.isNumber }) {
            if uids[number - 1] != 0, uids[number - 1] != uid {
                problems.append("another UID than \(uids[number - 1]): \(line)")
            }
            uids[number - 1] = uid
        }
        guard let names = Self.list(line, after: "FLAGS (") else { return }
        let keywords = names.filter { !$0.hasPrefix("\\") }
        if !known.isSuperset(of: keywords) { problems.append("keyword not introduced: \(line)") }
        if uids[number - 1] != 0 { flags[uids[number - 1]] = names }
    }

    private func forget(_ gone: Set<Int>) {
        for uid in gone {
            flags[uid] = nil
            texts[uid] = nil
        }
    }

    private static func list(_ line: String, after start: String) -> Set<String>? {
        line.range(of: start).map { place in
            Set(line[place.upperBound...].prefix { $0 != ")" }.split(separator: " ").map(String.init))
        }
    }

    private static func numbers(_ set: String) -> Set<Int> {
        Set(set.split(separator: ",").flatMap { range in
            let ends = range.split(separator: ":").compactMap { Int($0) }
            return Array(ends[0]...ends[ends.count - 1])
        })
    }
}

extension Model {
    fileprivate mutating func change(_ uid: Int, _ operation: String, _ names: Set<String>) {
        guard flags[uid] != nil else { return }
        switch operation {
        case "+": flags[uid]?.formUnion(names)
        case "-": flags[uid]?.subtract(names)
        default: flags[uid] = names
        }
    }
}
