import Directory
import MailModel
import TestSupport
import Testing

@Suite struct ExplanationTests {
    @Test func namesSearchesEntriesAndRules() async throws {
        let sample = try SampleDirectory()
        let text = await sample.directory.explain(address("everyone@example.com")).text
        for part in [
            "(associatedDomain=example.com)", "alias of example.org",
            "(mail=everyone@example.org)", "cn=everyone,ou=groups,ou=example.org",
            "member group \"cn=team,ou=groups,ou=example.org",
            "=> deliver", "alice@example.net  mailbox",
        ] {
            #expect(text.contains(part), "\(text)")
        }
        let unknown = await sample.directory.explain(address("nobody@example.org"))
        #expect(unknown.outcome.hasPrefix("550 5.1.1") && unknown.recipients.isEmpty)
        let catchAll = await sample.directory.explain(address("any@example.net"))
        #expect(catchAll.steps.contains { $0.text == "catch-all of example.net: grace@example.net" })
        await sample.directory.shutDown()
    }

    @Test func saysThatTheDirectoryIsSilent() async throws {
        let sample = try SampleDirectory()
        sample.slapd.stop()
        let explanation = await sample.directory.explain(address("alice@example.org"))
        #expect(explanation.outcome.hasPrefix("451 4.4.3"))
        #expect(explanation.steps.contains { $0.kind == .search && $0.text.hasPrefix("no answer") })
        await sample.directory.shutDown()
    }
}
