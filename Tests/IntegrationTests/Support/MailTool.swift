import Foundation
import TestSupport

/// What Python's own mail modules make of a message: `mailtool.py`.
enum MailTool {
    /// A delivery status notification (RFC 3464). The names of its fields are in lower case.
    struct Report: Decodable {
        var type: String
        var from: String
        var to: String
        var subject: String
        var automatic: String?
        var defects: [String]
        var types: [String]
        var text: String
        var message: [String: String]
        var recipients: [[String: String]]
        var returned: String
    }

    static func report(_ lines: [String]) throws -> Report {
        try JSONDecoder().decode(Report.self, from: Data(run(lines, "report").utf8))
    }

    /// The decoded octets of the parts that are not multipart.
    static func contents(_ lines: [String]) throws -> [[UInt8]] {
        try run(lines, "content").split(separator: "\n").map {
            Array(Data(base64Encoded: String($0)) ?? Data())
        }
    }

    /// A line for each DKIM signature: `True example.org selector rsa-sha256`.
    static func signatures(_ lines: [String], records file: String) throws -> [String] {
        try run(lines, "dkim", file).split(separator: "\n").map(String.init)
    }

    private static func run(_ lines: [String], _ arguments: String...) throws -> String {
        let tool = try SampleUsers.repository() + "/Tests/IntegrationTests/Support/mailtool.py"
        let result = try Tool.run(
            ["/usr/bin/python3", tool] + arguments, input: lines.joined(separator: "\r\n"))
        guard result.status == 0 else { throw TestFailure("\(result)") }
        return result.output
    }
}
