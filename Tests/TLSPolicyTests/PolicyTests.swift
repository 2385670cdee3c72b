import Testing
import TLSPolicy

@Suite struct PolicyTests {
    @Test(arguments: [
        (
            "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmx: backupmx.example.com\r\nmax_age: 604800\r\n",
            MTASTSPolicy(
                mode: .enforce, patterns: ["mail.example.com", "*.example.net", "backupmx.example.com"],
                maxAge: 604_800)
        ),
        (
            "version:STSv1\nmode:\ttesting \nmx: MAIL.Example.com  \nmax_age: 86400",
            MTASTSPolicy(mode: .testing, patterns: ["mail.example.com"], maxAge: 86_400)
        ),
        ("version: STSv1\nmode: none\nmax_age: 0\n", MTASTSPolicy(mode: .none, patterns: [], maxAge: 0)),
        (
            "max_age: 1\n\n\r\nmx: a.b\nx-new_1.2: gr\u{fc}n and more: yes\nmode: enforce\nversion: STSv1\n",
            MTASTSPolicy(mode: .enforce, patterns: ["a.b"], maxAge: 1)
        ),
        (
            "version: STSv1\nversion: STSv2\nmode: enforce\nmode: none\nmax_age: 9999999999\nmax_age: 1\nmx: a.b",
            MTASTSPolicy(mode: .enforce, patterns: ["a.b"], maxAge: 31_557_600)
        ),
    ])
    func policies(_ text: String, policy: MTASTSPolicy) throws {
        #expect(try MTASTSPolicy(Array(text.utf8)) == policy)
    }

    @Test(arguments: [
        "", "<html>", "version: STSv1", "version: STSv2\nmode: none\nmax_age: 1", "mode: none\nmax_age: 1",
        "version: STSv1\nmode: Enforce\nmx: a.b\nmax_age: 1", "version: STSv1\nmode: enforce\nmax_age: 1",
        "version: STSv1\nmode: testing\nmax_age: 1", "version: STSv1\nmx: a.b\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmx: a.b", "version: STSv1\nmode: enforce\nmx: a.b\nmax_age: -1",
        "version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 1d",
        "version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 12345678901",
        "version: STSv1\nmode: enforce\nmx: \nmax_age: 1", "version: STSv1\nmode: enforce\nmx: *\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmx: a.*.b\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmx: *a.b\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmx: a b\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmx: bücher.example\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 1\nno colon",
        "version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 1\n-x: y",
        "version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 1\nx: a\u{1}b",
        " version: STSv1\nmode : none\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmax_age: 1\n" + String(repeating: "mx: a.b\n", count: 101),
    ])
    func noPolicies(_ text: String) {
        #expect(throws: MTASTSPolicyError.self) { try MTASTSPolicy(Array(text.utf8)) }
    }

    @Test func octetsThatAreNoText() {
        let text = Array("version: STSv1\nmode: none\nmax_age: 1\nx: ".utf8)
        #expect(throws: MTASTSPolicyError.self) { try MTASTSPolicy(text + [0xff]) }
    }

    @Test(arguments: [
        ("mail.example.com", "mail.example.com", true), ("mail.example.com", "MAIL.example.COM.", true),
        ("mail.example.com", "example.com", false), ("mail.example.com", "x.mail.example.com", false),
        ("*.example.com", "mail.example.com", true), ("*.example.com", "a.b.example.com", false),
        ("*.example.com", "example.com", false), ("*.example.com", ".example.com", false),
        ("*.example.com", "mailexample.com", false), ("*.com", "example.com", true),
        ("*.example.com", "", false), ("*.example.com", ".", false),
    ])
    func hosts(_ pattern: String, host: String, isPermitted: Bool) throws {
        let text = "version: STSv1\nmode: enforce\nmx: other.example\nmx: \(pattern)\nmax_age: 1"
        #expect(try MTASTSPolicy(Array(text.utf8)).permits(host) == isPermitted)
    }

    @Test func linesForReports() throws {
        let text = "version: STSv1\nmode: testing\nmx: a.b\nmx: *.c\nmax_age: 5"
        let policy = try MTASTSPolicy(Array(text.utf8))
        #expect(policy.lines.joined(separator: "\n") == text)
    }
}
