package import MailModel

/// Whom an entry of an access list is about. Users and groups are kept by the directory's unique
/// identifiers: a new name keeps the rights, and a name that is given to somebody else brings none.
package struct AccessIdentifier: Hashable, Sendable {
    package enum Subject: Hashable, Sendable {
        case anyone
        /// Whoever has logged in; here the same ones as `anyone`.
        case authenticated
        case user(AccountID)
        case group(AccountID)
    }

    package var subject: Subject
    /// The rights are taken away (RFC 4314 section 2).
    package var isNegative: Bool

    package init(_ subject: Subject, isNegative: Bool = false) {
        self.subject = subject
        self.isNegative = isNegative
    }

    /// Nil when it is nothing that `stored` has made.
    package init?(stored text: String) {
        var rest = text[...]
        isNegative = rest.first == "-"
        if isNegative { rest = rest.dropFirst() }
        if rest == "anyone" {
            subject = .anyone
        } else if rest == "authenticated" {
            subject = .authenticated
        } else if rest.hasPrefix("user:"), let id = AccountID(rest.dropFirst(5)) {
            subject = .user(id)
        } else if rest.hasPrefix("group:"), let id = AccountID(rest.dropFirst(6)) {
            subject = .group(id)
        } else {
            return nil
        }
    }

    package var stored: String {
        let text =
            switch subject {
            case .anyone: "anyone"
            case .authenticated: "authenticated"
            case .user(let id): "user:\(id)"
            case .group(let id): "group:\(id)"
            }
        return isNegative ? "-" + text : text
    }
}
