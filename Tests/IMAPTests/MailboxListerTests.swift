import IMAP
import MailModel
import Testing

struct MailboxListerTests {
    private static let mailboxes: [MailboxLister.Mailbox] = [
        .init(name: "INBOX"), .init(name: "INBOX/kept"), .init(name: "Sent", specialUses: [.sent]),
        .init(name: "a/b/c"), .init(name: "a/b/d", specialUses: [.archive]), .init(name: "z"),
    ]

    private func list(
        _ pattern: String, select: [ListCommand.Selection] = [],
        returns: [ListCommand.Return] = [], subscribed: Set<String> = []
    ) -> [String] {
        let command = ListCommand(
            selections: select, reference: "", patterns: [pattern], returns: returns,
            isExtended: !select.isEmpty || !returns.isEmpty)
        let compiled = MailboxPattern(pattern)
        return MailboxLister(Self.mailboxes, subscriptions: subscribed, for: command)
            .list { compiled.matches($0) }
            .map { entry in
                let attributes = entry.attributes.names(isExtended: false) + entry.specialUses.map(\.rawValue)
                let child = entry.childCriteria.isEmpty
                    ? "" : " CHILDINFO " + entry.childCriteria.joined(separator: ",")
                return "\(entry.name) (\(attributes.joined(separator: " ")))\(child)"
            }
    }

    @Test func plain() {
        #expect(
            list("*") == [
                "INBOX (\\HasChildren)", "INBOX/kept (\\HasNoChildren)",
                "Sent (\\HasNoChildren \\Sent)", "a (\\NonExistent \\NoSelect \\HasChildren)",
                "a/b (\\NonExistent \\NoSelect \\HasChildren)", "a/b/c (\\HasNoChildren)",
                "a/b/d (\\HasNoChildren \\Archive)", "z (\\HasNoChildren)",
            ])
        #expect(
            list("%") == [
                "INBOX (\\HasChildren)", "Sent (\\HasNoChildren \\Sent)",
                "a (\\NonExistent \\NoSelect \\HasChildren)", "z (\\HasNoChildren)",
            ])
        #expect(list("inbox") == ["INBOX (\\HasChildren)"])
        #expect(list("a/%") == ["a/b (\\NonExistent \\NoSelect \\HasChildren)"])
        #expect(list("nothing") == [])
    }

    @Test func subscribed() {
        let names: Set = ["INBOX", "a/b/c", "gone/below"]
        #expect(
            list("*", select: [.subscribed], subscribed: names) == [
                "INBOX (\\HasChildren \\Subscribed)", "a/b/c (\\HasNoChildren \\Subscribed)",
                "gone/below (\\NonExistent \\NoSelect \\HasNoChildren \\Subscribed)",
            ])
        #expect(
            list("%", select: [.subscribed], subscribed: names) == [
                "INBOX (\\HasChildren \\Subscribed)"
            ])
        #expect(
            list("%", returns: [.subscribed], subscribed: names) == [
                "INBOX (\\HasChildren \\Subscribed)", "Sent (\\HasNoChildren)",
                "a (\\NonExistent \\NoSelect \\HasChildren)", "z (\\HasNoChildren)",
            ])
    }

    /// RFC 5258 section 5, examples 8 and 9.
    @Test func recursive() {
        let names: Set = ["INBOX", "INBOX/kept", "a/b/c", "gone/below"]
        #expect(
            list("%", select: [.subscribed, .recursiveMatch], subscribed: names) == [
                "INBOX (\\HasChildren \\Subscribed) CHILDINFO SUBSCRIBED",
                "a (\\NonExistent \\NoSelect \\HasChildren) CHILDINFO SUBSCRIBED",
                "gone (\\NonExistent \\NoSelect \\HasNoChildren) CHILDINFO SUBSCRIBED",
            ])
        #expect(
            list("a", select: [.specialUse, .recursiveMatch]) == [
                "a (\\NonExistent \\NoSelect \\HasChildren) CHILDINFO SPECIAL-USE"
            ])
    }

    @Test func specialUse() {
        #expect(
            list("*", select: [.specialUse]) == [
                "Sent (\\HasNoChildren \\Sent)", "a/b/d (\\HasNoChildren \\Archive)",
            ])
        #expect(
            list("*", select: [.specialUse, .subscribed], subscribed: ["Sent", "z"]) == [
                "Sent (\\HasNoChildren \\Subscribed \\Sent)"
            ])
        #expect(list("Sent", returns: [.children]) == ["Sent (\\HasNoChildren)"])
        #expect(list("Sent", returns: [.specialUse]) == ["Sent (\\HasNoChildren \\Sent)"])
    }

    @Test func manyMailboxes() {
        let many = (0..<10_000).map {
            MailboxLister.Mailbox(name: "level \($0 / 100)/\($0 % 100)")
        }
        let lister = MailboxLister(
            many, subscriptions: [], for: ListCommand(reference: "", patterns: ["*"]))
        #expect(lister.list { _ in true }.count == 10_100)
    }

    @Test func oldSubscriptions() {
        func list(_ pattern: String) -> [String] {
            SubscriptionLister.list(
                ["INBOX", "foo/bar", "foo/baz/x", "top"], matching: MailboxPattern(pattern)
            ).map { $0.name + ($0.isOnlySuperior ? " -" : "") }
        }
        #expect(list("*") == ["INBOX", "foo/bar", "foo/baz/x", "top"])
        #expect(list("%") == ["INBOX", "foo -", "top"])
        #expect(list("foo/%") == ["foo/bar", "foo/baz -"])
        #expect(list("foo/bar") == ["foo/bar"])
    }
}
