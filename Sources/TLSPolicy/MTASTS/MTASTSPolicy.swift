internal import MailModel

/// What a domain asks of those who send to it (RFC 8461 section 3.2).
package struct MTASTSPolicy: Sendable, Hashable, Codable {
    package enum Mode: String, Sendable, Hashable, Codable, CaseIterable {
        /// Hosts that fail are not to be delivered to.
        case enforce
        /// Failures are reported and change nothing.
        case testing
        /// As if there were no policy; it takes back an earlier one.
        case none
    }

    package let mode: Mode
    /// In lower case, as they stand in the policy: `mail.example.org`, `*.example.net`.
    package let patterns: [String]
    /// Seconds, at most a year.
    package let maxAge: Int64

    package init(mode: Mode, patterns: [String], maxAge: Int64) {
        self.mode = mode
        self.patterns = patterns
        self.maxAge = maxAge
    }

    /// Whether mail may go to this host, a name from an MX record (RFC 8461 section 4.1). Says
    /// nothing of the mode.
    package func permits(_ host: String) -> Bool {
        var host = host.lowercased()
        if host.hasSuffix(".") { host.removeLast() }
        return patterns.contains { Self.matches(host, $0) }
    }

    /// `*.` stands for exactly one label, the leftmost.
    private static func matches(_ host: String, _ pattern: String) -> Bool {
        guard pattern.hasPrefix("*.") else { return host == pattern }
        guard let dot = host.utf8.firstIndex(of: UInt8(ascii: ".")), dot > host.startIndex else {
            return false
        }
        return host[dot...] == pattern.dropFirst()
    }

    /// The policy's lines, for reports (RFC 8460 section 4.4, `policy-string`).
    package var lines: [String] {
        ["version: STSv1", "mode: \(mode.rawValue)"] + patterns.map { "mx: \($0)" }
            + ["max_age: \(maxAge)"]
    }
}
