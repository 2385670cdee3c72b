import Foundation
import Testing
import TestSupport

/// A conversation as it is written in a test, one line for each thing that happens:
///
///     > TEXT     sent with CRLF; consecutive ones in one segment
///     >> TEXT    sent as it is; \r \n \0 \t \\ and \xHH mean those octets
///     < PATTERN  the next reply begins like this; * stands for anything
///     <+ PATTERN the same, with the lines of a POP3 multi-line response
///     !TLS       the client begins TLS
///     #          the server closes the connection, having said no more
///
/// A reply's lines are joined by newlines before they are compared. Other lines are comments.
struct Talk: Sendable, CustomTestStringConvertible {
    enum Replies: Sendable { case smtp, pop3 }

    var name: String
    var text: String
    var testDescription: String { name }

    init(_ name: String, _ text: String) {
        self.name = name
        self.text = text
    }

    func run(
        on client: LineClient, _ replies: Replies, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var pending: [UInt8] = []
        func flush() throws {
            guard !pending.isEmpty else { return }
            try client.send(pending)
            pending = []
        }
        for line in text.split(separator: "\n") {
            if line.hasPrefix(">> ") {
                pending += Self.octets(line.dropFirst(3))
                continue
            }
            if line == ">" || line.hasPrefix("> ") {
                pending += Array(line.dropFirst(2).utf8) + [13, 10]
                continue
            }
            try flush()
            if line.hasPrefix("<+ ") || line.hasPrefix("< ") {
                let isLong = line.hasPrefix("<+ ")
                let reply = try Self.reply(client, replies, isLong: isLong)
                let pattern = line.dropFirst(isLong ? 3 : 2)
                guard Self.matches(reply, pattern) else {
                    Issue.record("\(name): \(line): \(reply)", sourceLocation: sourceLocation)
                    return
                }
            } else if line == "!TLS" {
                try client.startTLS()
            } else if line == "#" {
                let rest = try client.rest()
                #expect(rest == "", "\(name): end of connection", sourceLocation: sourceLocation)
            }
        }
        try flush()
    }

    private static func reply(
        _ client: LineClient, _ replies: Replies, isLong: Bool
    ) throws -> String {
        switch replies {
        case .smtp: try client.reply()
        case .pop3:
            try ([client.line() ?? "closed"] + (isLong ? client.multiline() : []))
                .joined(separator: "\n")
        }
    }

    /// A prefix; `*` stands for any text, `$` at the end for the end.
    static func matches(_ text: String, _ pattern: Substring) -> Bool {
        var rest = text[...]
        let isWhole = pattern.hasSuffix("$")
        let parts = (isWhole ? pattern.dropLast() : pattern)
            .split(separator: "*", omittingEmptySubsequences: false)
        guard rest.hasPrefix(parts[0]) else { return false }
        rest = rest.dropFirst(parts[0].count)
        for part in parts.dropFirst() where !part.isEmpty {
            guard let found = rest.range(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return !isWhole || rest.isEmpty || parts.last == ""
    }

    static func octets(_ text: some StringProtocol) -> [UInt8] {
        var octets: [UInt8] = []
        var source = Array(text.utf8)[...]
        while let octet = source.popFirst() {
            guard octet == UInt8(ascii: "\\"), let escape = source.popFirst() else {
                octets.append(octet)
                continue
            }
            switch escape {
            case UInt8(ascii: "r"): octets.append(13)
            case UInt8(ascii: "n"): octets.append(10)
            case UInt8(ascii: "t"): octets.append(9)
            case UInt8(ascii: "0"): octets.append(0)
            case UInt8(ascii: "x"):
                octets.append(UInt8(String(decoding: source.prefix(2), as: UTF8.self), radix: 16)!)
                source = source.dropFirst(2)
            default: octets.append(escape)
            }
        }
        return octets
    }
}
