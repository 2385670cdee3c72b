import Foundation
import Testing
import TestSupport

/// DKIM signatures (RFC 6376, RFC 8463) as python3-dkim sees them.
@Suite(.ownThreads) struct SignatureTests {
    private struct Record: Decodable {
        var name: String
        var text: String
    }

    @Test func signsMailOfItsUsersAndOfNobodyElse() throws {
        let files = try TemporaryDirectory()
        var records: [String: String] = [:]
        for type in ["rsa", "ed25519"] {
            let file = "\(files.path)/\(type).pem"
            let made = try Tool.run([
                try RunningMartlet.binary(), "dkim", "create", "--type", type, "--domain", "example.org",
                "--selector", type, "--out", file,
            ])
            #expect(made.status == 0, "\(made)")
            records["\(type)._domainkey.example.org"] = try Self.record(file, type)
        }
        let recordFile = files.path + "/records.json"
        try TextFile.write(String(decoding: try JSONEncoder().encode(records), as: UTF8.self), to: recordFile)
        let server = try RunningMartlet(.init(sections: """
            \(OutboundServer.sections)
            dkim:
              keys:
                rsa-key: {selector: rsa, file: \(files.path)/rsa.pem}
                ed-key: {selector: ed25519, file: \(files.path)/ed25519.pem}
            """))
        try server.slapd.modify("""
            dn: ou=example.org,ou=mail,dc=example,dc=org
            changetype: modify
            add: martletDKIMKey
            martletDKIMKey: rsa-key
            martletDKIMKey: ed-key

            dn: ou=example.net,ou=mail,dc=example,dc=org
            changetype: modify
            add: martletDKIMKey
            martletDKIMKey: missing

            """)
        let sink = try Sink(["--keywords", "PIPELINING,8BITMIME"])
        let old = try Sink(["--keywords", "PIPELINING"])
        let user = server.newUser()
        let (domain, oldDomain) = (try server.domain(to: sink), try server.domain(to: old))
        let text = "From: Me <\(user.address)>\r\nTo: a@\(domain)\r\nSubject:  two  spaces \r\nMIME-Version: 1.0\r\n"
            + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße \r\n..dots\r\n\r\n\r\n"
        let right = ["True example.org ed25519 ed25519-sha256", "True example.org rsa rsa-sha256"]
        for (peer, recipient) in [(sink, "a@\(domain)"), (old, "a@\(oldDomain)")] {
            try server.submit(text, to: [recipient], as: user, parameters: " BODY=8BITMIME")
            let lines = try peer.messages()[0].lines
            #expect(try MailTool.signatures(lines, records: recordFile).sorted() == right)
            var changed = lines
            changed.insert("more", at: lines.count - 1)
            #expect(try !MailTool.signatures(changed, records: recordFile).joined().contains("True"))
        }

        // From outside, whoever it says it is from.
        try server.deliver(to: ["forged@\(domain)"], from: user.address, "From: \(user.address)\r\nSubject: forged\r\n\r\n")
        let forged = try sink.messages(2)[1]
        #expect(!forged.lines.contains { $0.lowercased().hasPrefix("dkim-signature") })

        // A key that is not there holds the mail: unsigned it might be lost.
        let grace = SampleUsers.grace
        try server.submit("From: \(grace.address)\r\nSubject: held\r\n\r\n", to: ["held@\(domain)"], as: grace)
        #expect(try server.waiting("held@\(domain)").contains("4.3."))
    }

    /// The TXT record's text.
    private static func record(_ file: String, _ selector: String) throws -> String {
        let shown = try Tool.run([
            try RunningMartlet.binary(), "dkim", "record", "--json", "--key", file, "--domain", "example.org",
            "--selector", selector,
        ])
        return try JSONDecoder().decode(Record.self, from: Data(shown.output.utf8)).text
    }
}
