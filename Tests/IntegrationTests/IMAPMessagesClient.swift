import Foundation
import Testing
import TestSupport

/// A client that has logged in and speaks IMAP in lines; literals without lone LFs are lines too.
final class IMAPMessagesClient {
    let client: LineClient
    private var count = 0

    init(_ server: RunningMartlet, _ user: SampleUsers.User, select: String? = "INBOX") throws {
        client = try LineClient(port: server.port("imaps"), source: Sources.next())
        try client.startTLS()
        _ = try client.line()
        try ok("LOGIN \(user.address) \(user.password)")
        if let select { try ok("SELECT \(select)") }
    }

    /// Sends a command; literals in it are not synchronizing.
    /// - Returns: all lines up to the tagged one, without its tag.
    func ask(_ command: String) throws -> [String] {
        count += 1
        try client.send("t\(count) \(command)\r\n")
        return try answer()
    }

    func answer() throws -> [String] {
        var lines: [String] = []
        while let line = try client.line() {
            if line.hasPrefix("t\(count) ") {
                return lines + [String(line.dropFirst("t\(count) ".count))]
            }
            lines.append(Self.withoutRecent(line))
        }
        throw TestFailure("closed after \(lines)")
    }

    /// Which session sees \Recent depends on which was first.
    private static func withoutRecent(_ line: String) -> String {
        line.replacing(" \\Recent", with: "").replacing("\\Recent ", with: "")
            .replacing("\\Recent", with: "")
    }

    @discardableResult
    func ok(_ command: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> [String] {
        let lines = try ask(command)
        #expect(lines.last?.hasPrefix("OK") == true, "\(command.prefix(200)): \(lines)", sourceLocation: sourceLocation)
        return lines
    }

    @discardableResult
    func no(
        _ command: String, _ start: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> [String] {
        let lines = try ask(command)
        #expect(lines.last?.hasPrefix(start) == true, "\(command.prefix(200)): \(lines)", sourceLocation: sourceLocation)
        return lines
    }

    /// The lines of a successful command, joined, without the tagged one.
    func text(_ command: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        try ok(command, sourceLocation: sourceLocation).dropLast().joined(separator: "\r\n")
    }

    /// Begins a command that has synchronizing literals.
    func begin(_ command: String) throws -> String {
        count += 1
        try client.send("t\(count) \(command)\r\n")
        return try client.line() ?? "closed"
    }

    func append(_ message: String, to mailbox: String = "INBOX", _ options: String = "") throws {
        try ok("APPEND \(mailbox) \(options){\(message.utf8.count)+}\r\n\(message)")
    }

    /// The set after `UID` codes such as APPENDUID and COPYUID, by position.
    static func code(_ line: String, _ name: String) -> [Substring] {
        guard let start = line.range(of: "[\(name) ") else { return [] }
        return line[start.upperBound...].prefix { $0 != "]" }.split(separator: " ")
    }
}
