internal import Directory
internal import IMAP
internal import Logging
internal import MailModel
internal import Transport

/// Identifiers of access lists as clients write them: `anyone`, `authenticated`; a user's login or
/// address; `group:` with a group's address or common name, or its address alone. "-" before it takes
/// rights away. Somebody whom the directory has no more is shown, and can be removed, as `user:` or
/// `group:` with the unique identifier.
extension IMAPSession {
    /// - Parameter known: the list's entries, of which a part may be of nobody.
    /// - Throws: BAD when it is no identifier; NO when the directory knows nobody of that name.
    func identifier(_ text: String, among known: AccessList) async throws(CommandFailure)
        -> AccessIdentifier
    {
        let isNegative = text.hasPrefix("-")
        let name = isNegative ? String(text.dropFirst()) : text
        guard !name.isEmpty, name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
        else { throw .bad("Not an identifier") }
        if let stored = AccessIdentifier(stored: text), known.entries[stored] != nil {
            return stored
        }
        switch name.lowercased() {
        case "anyone": return AccessIdentifier(.anyone, isNegative: isNegative)
        case "authenticated": return AccessIdentifier(.authenticated, isNegative: isNegative)
        default: return AccessIdentifier(try await subject(name), isNegative: isNegative)
        }
    }

    private func subject(_ name: String) async throws(CommandFailure) -> AccessIdentifier.Subject {
        let prefix = "group:"
        if name.lowercased().hasPrefix(prefix) {
            guard let group = try await group(String(name.dropFirst(prefix.count))) else {
                throw unknownIdentifier()
            }
            return .group(group)
        }
        switch await service.directory.account(login: name) {
        case .found(let account): return .user(account.id)
        case .unavailable(let fault): throw directoryUnavailable(fault.cause)
        case .notFound: break
        }
        guard name.utf8.contains(UInt8(ascii: "@")), let group = try await group(name) else {
            throw unknownIdentifier()
        }
        return .group(group)
    }

    /// Whoever may administer a mailbox has to learn of typos: the rights would be nobody's, and a
    /// negative entry would deny nobody anything. So the reply tells whether a name is known, but not
    /// of many names: these failures end the session, whatever succeeds between them, and who comes
    /// back has to log in again.
    private func unknownIdentifier() -> CommandFailure {
        unknownIdentifiers += 1
        if unknownIdentifiers >= service.configuration.maximumBadCommands, let user {
            logger.warning(
                "IMAP session has named too many unknown users and groups",
                metadata: [
                    "account": "\(user.account.id)", "login": "\(user.login)",
                    "remote": "\(connection.remoteAddress)",
                ])
            sayBye(.refused, "Too many unknown users and groups")
        }
        return .no("No such user or group")
    }

    private func group(_ name: String) async throws(CommandFailure) -> AccountID? {
        switch await service.directory.group(named: name) {
        case .found(let group): return group.id
        case .notFound: return nil
        case .unavailable(let fault): throw directoryUnavailable(fault.cause)
        }
    }

    /// The identifier as clients see it.
    func text(of identifier: AccessIdentifier) async throws(CommandFailure) -> String {
        let text: String
        switch identifier.subject {
        case .anyone, .authenticated: return identifier.stored
        case .user(let id):
            switch await service.directory.account(id: id) {
            case .found(let account): text = account.identifierText
            case .notFound: return identifier.stored
            case .unavailable(let fault): throw directoryUnavailable(fault.cause)
            }
        case .group(let id):
            switch await service.directory.group(id: id) {
            case .found(let group): text = "group:" + group.name
            case .notFound: return identifier.stored
            case .unavailable(let fault): throw directoryUnavailable(fault.cause)
            }
        }
        return identifier.isNegative ? "-" + text : text
    }
}

extension Account {
    /// The login, unless that reads as something else.
    var identifierText: String {
        let name = login.lowercased()
        let isOther =
            name == "anyone" || name == "authenticated" || name.hasPrefix("-")
            || name.hasPrefix("group:") || name.hasPrefix("user:")
        return isOther ? "\(primaryAddress)" : login
    }
}
