internal import MailModel

/// Why a policy file is no policy.
package struct MTASTSPolicyError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
}

extension MTASTSPolicy {
    /// RFC 8461 section 3.2: 31,557,600 seconds, a year.
    static let longestAge: Int64 = 31_557_600
    /// Of `mx` lines. The largest real policies have a dozen.
    private static let patternLimit = 100

    /// Reads a policy file.
    ///
    /// ```
    /// sts-policy-record      = sts-policy-field *WSP
    ///                          *(sts-policy-term sts-policy-field *WSP) [sts-policy-term]
    /// sts-policy-field-delim = ":" *WSP
    /// sts-policy-term        = LF / CRLF
    /// ```
    /// Unknown fields are ignored, and all but the first of a field that may stand once. Empty lines
    /// are read over, a `max_age` over a year counts as a year.
    package init(_ file: [UInt8]) throws(MTASTSPolicyError) {
        var fields: [String: String] = [:]
        var patterns: [String] = []
        for line in file.split(separator: Octet.lf) {
            let line = Octet.trimmed(line.last == Octet.cr ? line.dropLast() : line)
            if line.isEmpty { continue }
            let (name, value) = try Self.field(line)
            if name == "mx" {
                patterns.append(try Self.pattern(value))
                guard patterns.count <= Self.patternLimit else {
                    throw MTASTSPolicyError(description: "more than \(Self.patternLimit) mx lines")
                }
            } else if fields[name] == nil {
                fields[name] = value
            }
        }
        guard fields["version"] == "STSv1" else {
            throw MTASTSPolicyError(description: "version is not STSv1")
        }
        guard let mode = fields["mode"].flatMap(Mode.init) else {
            throw MTASTSPolicyError(description: "mode is not enforce, testing or none")
        }
        guard let age = fields["max_age"], 1...10 ~= age.utf8.count,
            age.utf8.allSatisfy({ $0 &- 0x30 < 10 }), let age = Int64(age)
        else { throw MTASTSPolicyError(description: "max_age is not a number of seconds") }
        guard mode == .none || !patterns.isEmpty else {
            throw MTASTSPolicyError(description: "no mx line")
        }
        self.init(mode: mode, patterns: patterns, maxAge: min(age, Self.longestAge))
    }

    /// ```
    /// sts-policy-ext-value = sts-policy-vchar [*(%x20 / sts-policy-vchar) sts-policy-vchar]
    /// ```
    /// where `sts-policy-vchar` is a printing character, UTF-8 included.
    private static func field(
        _ line: ArraySlice<UInt8>
    ) throws(MTASTSPolicyError) -> (name: String, value: String) {
        guard let colon = line.firstIndex(of: Octet.colon), ExtensionName.isValid(line[..<colon]),
            case let value = Octet.trimmed(line[(colon + 1)...]),
            !value.isEmpty, value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }),
            let text = String(validating: value, as: UTF8.self)
        else { throw MTASTSPolicyError(description: "a line is not “name: value”") }
        return (String(decoding: line[..<colon], as: UTF8.self), text)
    }

    /// ```
    /// sts-policy-mx-value = ["*."] Domain
    /// ```
    private static func pattern(_ value: String) throws(MTASTSPolicyError) -> String {
        guard DNSName.isValid(value.hasPrefix("*.") ? value.dropFirst(2) : value[...]) else {
            throw MTASTSPolicyError(description: "an mx line names no host")
        }
        return value.lowercased()
    }
}
