/// What decided where mail to an address goes, in order: written by the resolver itself while it
/// works, so it can't differ from what delivery does.
package struct Explanation: Sendable, Codable, Hashable {
    package struct Step: Sendable, Codable, Hashable {
        package enum Kind: String, Sendable, Codable {
            /// A search with its answer.
            case search
            /// A rule that applied.
            case rule
        }

        package var kind: Kind
        /// How many aliases, groups and forwards lie between the address and this step.
        package var depth: Int
        /// The rule, or the answer of the search when it brought no entries.
        package var text: String
        package var base: String?
        package var scope: String?
        package var filter: String?
        /// Names of the entries that a search found.
        package var entries: [String]?
    }

    package struct Recipient: Sendable, Codable, Hashable {
        package var address: String
        /// `mailbox <account id>`, `remote`, `remote via <host>` or `unresolved`.
        package var route: String
    }

    package var address: String
    package var steps: [Step]
    /// One line: `deliver`, `ask <hosts>`, `not local`, or the reply with its cause.
    package var outcome: String
    package var recipients: [Recipient]
    /// Those of `recipients` whose mail leaves; the address itself when it is not local. Not encoded.
    package var leaving: [RoutedAddress] = []

    private enum CodingKeys: CodingKey { case address, steps, outcome, recipients }

    /// The same for a terminal.
    package var text: String {
        var lines = [address]
        for step in steps {
            let indent = String(repeating: "  ", count: step.depth + 1)
            switch step.kind {
            case .rule: lines.append("\(indent)\(step.text)")
            case .search:
                lines.append(
                    "\(indent)search \(step.scope ?? "") of \"\(step.base ?? "")\" for "
                        + "\(step.filter ?? ""): \(step.text)")
                lines += (step.entries ?? []).map { "\(indent)  \($0)" }
            }
        }
        lines.append("=> \(outcome)")
        lines += recipients.map { "   \($0.address)  \($0.route)" }
        return lines.joined(separator: "\n")
    }
}
