package import MailModel

/// A mailbox's access list (RFC 4314 section 2): what is granted to each identifier, and what is
/// taken away again. The owner is not in need of it.
package struct AccessList: Sendable, Equatable {
    package private(set) var entries: [AccessIdentifier: ACLRights] = [:]

    /// Rights by identifier, as stored. What can't be read grants nothing.
    package init(stored: [String: String]) {
        for (identifier, rights) in stored {
            guard let identifier = AccessIdentifier(stored: identifier),
                let rights = ACLRights(rights)
            else { continue }
            entries[identifier] = rights
        }
    }

    package var namesGroups: Bool {
        entries.keys.contains { if case .group = $0.subject { true } else { false } }
    }

    /// What all the user's identifiers together are granted, less what any of them is denied.
    package func rights(of user: AccountID, in groups: Set<AccountID>) -> ACLRights {
        var granted: ACLRights = []
        var denied: ACLRights = []
        for (identifier, rights) in entries {
            let applies =
                switch identifier.subject {
                case .anyone, .authenticated: true
                case .user(let id): id == user
                case .group(let id): groups.contains(id)
                }
            guard applies else { continue }
            if identifier.isNegative { denied.formUnion(rights) } else { granted.formUnion(rights) }
        }
        return granted.subtracting(denied)
    }

    /// What can grant the user anything, as stored.
    /// - Parameter withNegative: what can take anything away as well.
    package static func identifiers(
        of user: AccountID, in groups: Set<AccountID>, withNegative: Bool = false
    ) -> [String] {
        let subjects: [AccessIdentifier.Subject] =
            [.anyone, .authenticated, .user(user)] + groups.map { .group($0) }
        return subjects.flatMap { subject in
            let granting = AccessIdentifier(subject).stored
            return withNegative
                ? [granting, AccessIdentifier(subject, isNegative: true).stored] : [granting]
        }
    }
}
