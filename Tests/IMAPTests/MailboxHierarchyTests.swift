import Testing

@testable import IMAP

@Suite struct MailboxHierarchyTests {
    @Test(arguments: [
        ("A", "\\HasChildren"), ("A/x", "\\NonExistent \\HasChildren"), ("A/x/y", "\\HasNoChildren"),
        ("A/x/y/z", "\\NonExistent \\HasNoChildren"), ("Ab", "\\HasNoChildren"),
        ("a", "\\NonExistent \\HasNoChildren"), ("", "\\NonExistent \\HasNoChildren"),
    ])
    func attributesAreThoseOfTheNames(name: String, expected: String) {
        let hierarchy = MailboxHierarchy(["A", "A/x/y", "Ab", "INBOX"])
        let names = hierarchy.attributes(of: name).names(isExtended: true)
        #expect(names.joined(separator: " ") == expected)
    }
}
