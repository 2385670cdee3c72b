import FuzzSupport
import MailModel

@testable import DNS
@testable import TLSPolicy

/// What other domains publish, and what was kept of it.
enum PolicyTarget {
    static let words = FuzzSupport.words([
        "version: STSv1\n", "mode: enforce\n", "mode: testing\n", "mode: none\n", "max_age: 86400\n", "max_age: 99999999999\n", "mx: mail.example.org\n",
        "mx: *.example.net\n", "mx: *\n", "\r\n", "\n", ":", " ", "v=STSv1", "; id=20240101", ";", "x=y", "=", "\u{0}\u{a}\u{4}mail\u{7}example\u{0}", "\u{3}", "\u{0}", "\u{3f}",
        "{\"domain\":\"a.test\",\"fetched\":1,\"id\":\"x\",\"policy\":{\"maxAge\":60,\"mode\":\"enforce\",\"patterns\":[\"*.a.test\"]}}",
        "{\"failed\":1,\"failures\":[],\"policy\":{\"domain\":\"a\",\"hosts\":[],\"kind\":\"sts\",\"strings\":[]},\"successful\":2}",
        "9223372036854775807", "-1", "1e9", "{", "}", "[", "]", "\"", ",", "xn--strae-oqa", "stra\u{df}e", "\u{3002}", "xn--", ".", "-", "_", "1.2.3.4",
        "2027-01-15T09:00:00+01:00", "Z", "5.7.1", "5d", "250ms", "T", "+",
    ])

    static func check(_ text: [UInt8], _: inout Dice) throws(Violation) {
        let string = String(decoding: text, as: UTF8.self)
        try checkPolicies(text, string)
        _ = (RecordData.exchanger(text), RecordData.address(text), RecordData.tlsa(text), RecordData.text(text))
        if let name = DomainName.ascii(string) {
            try expect(DomainName.ascii(name) == name, "a name in A-labels stays so: \(name)")
            try expect(DomainName.ascii(DomainName.unicode(name)) == name, "a name in U-labels is the same one: \(name)")
        }
        _ = DomainName.unicode(string)
        _ = DNSName.isValid(string)
        _ = string.printable
        if let moment = Timestamp(internetDateTime: text) {
            try expect(!moment.internetDateTime.isEmpty, "a moment can be written")
        }
        if let duration = Duration(text: string) {
            try expect(Duration(text: duration.text) == duration, "a duration is read as it is written: \(duration)")
        }
        if let status = EnhancedStatusCode(string) {
            try expect(EnhancedStatusCode(status.description) == status, "a status code is read as it is written")
        }
    }

    private static func checkPolicies(_ text: [UInt8], _ string: String) throws(Violation) {
        _ = MTASTSRecord.id([string])
        _ = MTASTSRecord.id(string.split(separator: "\n").map(String.init))
        if let policy = try? MTASTSPolicy(text) {
            _ = (policy.permits("mail.example.org"), policy.permits(string))
            let written = policy.lines.joined(separator: "\n")
            try expect((try? MTASTSPolicy(Array(written.utf8))) == policy, "a policy is read as it is written")
        }
        if let policy = CachedPolicy(line: text[...]) {
            _ = (policy.expiry, policy.isDue(.now))
            try expect(CachedPolicy(line: policy.line().dropLast())?.policy == policy.policy, "a line is read as it is written")
        }
        if let line = TallyLine(text[...]) {
            var tally = line.tally
            tally.add(line.tally)
            _ = TallyLine(line.policy, tally).bytes()
        }
    }
}
