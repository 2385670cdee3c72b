/// A mailbox as LIST shows it.
struct ListedMailbox {
    /// As it goes over the wire.
    var wire: String
    /// In lower case.
    var attributes: Set<String>
    var delimiter: String?
    /// The personal namespace's prefix, which `wire` begins with: Courier's "INBOX.", or nothing.
    var prefix: String
}

extension IMAPClient {
    /// The account's own mailboxes that can be selected; not what others share with it (RFC 2342),
    /// and not those that only show other mailboxes' messages again (RFC 6154).
    func personalMailboxes() throws(MigrationError) -> [ListedMailbox] {
        var personal: [String] = []
        var foreign: [String] = []
        if capabilities.contains("NAMESPACE") {
            try perform("NAMESPACE") { response throws(MigrationError) in
                guard response.keyword == "NAMESPACE", response.values.count == 4 else { return }
                personal = Self.prefixes(response.values[1])
                foreign = Self.prefixes(response.values[2]) + Self.prefixes(response.values[3])
            }
        }
        let command =
            capabilities.contains("SPECIAL-USE") && capabilities.contains("LIST-EXTENDED")
            ? "LIST \"\" \"*\" RETURN (SPECIAL-USE)" : "LIST \"\" \"*\""
        var mailboxes: [ListedMailbox] = []
        try perform(command) { response throws(MigrationError) in
            guard response.keyword == "LIST", response.values.count >= 4,
                let attributes = response.values[1].items, let wire = response.values[3].text
            else { return }
            let names = Set(attributes.compactMap { $0.text?.lowercased() })
            guard names.isDisjoint(with: ["\\noselect", "\\nonexistent", "\\all", "\\flagged"]),
                !foreign.contains(where: { !$0.isEmpty && wire.hasPrefix($0) })
            else { return }
            mailboxes.append(
                ListedMailbox(
                    wire: wire, attributes: names, delimiter: response.values[2].text,
                    prefix: personal.filter { wire.hasPrefix($0) }.max { $0.count < $1.count } ?? ""))
        }
        return mailboxes
    }

    /// ```
    /// namespace = nil / "(" 1*("(" string SP (<"> QUOTED-CHAR <"> / nil) *extension ")") ")"
    /// ```
    private static func prefixes(_ namespace: ResponseValue) -> [String] {
        (namespace.items ?? []).compactMap { $0.items?.first?.text }
    }
}
