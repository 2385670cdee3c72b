extension ACLRights {
    /// In the order of RFC 4314 section 2.1.
    package static let letters: [(letter: Character, right: ACLRights)] = [
        ("l", .lookup), ("r", .read), ("s", .seen), ("w", .write), ("i", .insert), ("p", .post),
        ("k", .createMailbox), ("x", .deleteMailbox), ("t", .deleteMessages), ("e", .expunge),
        ("a", .administer),
    ]

    /// RFC 2086's rights, each now several (RFC 4314 section 2.1.1): c is create, d is delete.
    private static let obsolete: [(letter: Character, rights: ACLRights)] = [
        ("c", [.createMailbox, .deleteMailbox]), ("d", [.deleteMessages, .expunge]),
    ]

    // mod-rights = astring, without its "+" or "-"
    /// Nil when a letter is not known: such rights must not be passed over (RFC 4314 section 3.1).
    package init?(_ text: some StringProtocol) {
        self = []
        for letter in text {
            if let known = Self.letters.first(where: { $0.letter == letter }) {
                insert(known.right)
            } else if let known = Self.obsolete.first(where: { $0.letter == letter }) {
                formUnion(known.rights)
            } else {
                return nil
            }
        }
    }

    /// As it is stored: a letter for each right.
    package var text: String {
        String(Self.letters.filter { contains($0.right) }.map(\.letter))
    }

    /// As a client is told: c and d stand for any of theirs, for clients of RFC 2086.
    package var clientText: String {
        text + String(Self.obsolete.filter { !isDisjoint(with: $0.rights) }.map(\.letter))
    }

    /// What LISTRIGHTS lists one by one.
    package static var grantable: String {
        (letters.map(\.letter) + obsolete.map(\.letter)).map { "\($0)" }.joined(separator: " ")
    }
}

/// The rights argument of SETACL (RFC 4314 section 3.1).
package struct RightsChange: Sendable, Equatable {
    package enum Operation: Sendable { case replace, add, remove }

    package var operation: Operation
    package var rights: ACLRights

    // mod-rights = astring: +rights to add, -rights to remove, rights to replace
    /// Nil when a right is not known.
    package init?(_ text: String) {
        switch text.first {
        case "+": operation = .add
        case "-": operation = .remove
        default: operation = .replace
        }
        guard let rights = ACLRights(operation == .replace ? text[...] : text.dropFirst())
        else { return nil }
        self.rights = rights
    }

    package func applied(to old: ACLRights) -> ACLRights {
        switch operation {
        case .replace: rights
        case .add: old.union(rights)
        case .remove: old.subtracting(rights)
        }
    }
}
