import Foundation
import Testing

@Suite(.ownThreads) struct ExplainTests {
    @Test(arguments: [
        ("alice@example.org", 0, ["=> deliver", "alice@example.org  mailbox"]),
        ("ALICE+x@example.com", 0, ["=> deliver", "alice@example.org  mailbox", "alias"]),
        ("sales@example.org", 0, ["bob@example.org  mailbox"]),
        ("everyone@example.org", 0, ["alice@example.net  mailbox", "carol@example.org  mailbox", "cn=team,ou=groups"]),
        ("partners@example.org", 0, ["partner@elsewhere.example  remote"]),
        ("whoever@example.net", 0, ["grace@example.net  mailbox"]),
        ("erin@example.org", 0, ["erin@elsewhere.example  remote"]),
        ("frank@example.org", 0, ["frank@example.org  mailbox", "bob@example.org  mailbox"]),
        ("postmaster@example.org", 0, ["alice@example.org  mailbox"]),
        ("nobody@example.org", 1, ["550 5.1.1"]),
        ("dave@example.org", 1, ["550 5.2.1", "disabled"]),
        ("someone@elsewhere.example", 1, ["=> not local"]),
        ("no address", 64, ["is not an address"]),
    ])
    func addresses(_ address: String, _ status: Int, _ said: [String]) throws {
        let server = try RunningMartlet.shared.get()
        let result = try server.martlet("explain", address)
        #expect(result.status == status, "\(result)")
        for text in said { #expect(result.output.contains(text), "\(text): \(result)") }
        guard status != 64 else { return }
        #expect(result.output.contains("search "), "\(result)")
        let json = try server.martlet("explain", "--json", address)
        #expect(json.status == status)
        let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        #expect(object?["outcome"] is String && object?["steps"] is [Any])
    }
}
