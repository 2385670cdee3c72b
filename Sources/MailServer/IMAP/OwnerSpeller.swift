internal import Directory
internal import IMAP

/// Names of other users' mailboxes in the one spelling that events have: the directory may know a
/// user by several logins and addresses, in any case.
final class OwnerSpeller {
    /// Users that are looked up for one command.
    private static let maximumOwners = 100

    private let session: IMAPSession
    private var known: [String: String] = [:]

    init(_ session: IMAPSession) { self.session = session }

    /// A user that does not exist keeps the name, which is nobody's.
    /// - Throws: [UNAVAILABLE] while the directory is; [NOTIFICATIONOVERFLOW] after too many users.
    func spelledOut(_ name: String) async throws(CommandFailure) -> String {
        var name = MailboxName.canonical(name)
        if name.utf8.last == UInt8(ascii: "/") { name.removeLast() }
        let levels = name.utf8.split(
            separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
        guard levels.count > 1, levels[0].elementsEqual(MailboxName.otherUsers.utf8),
            let level = String(levels[1]), !level.isEmpty
        else { return name }
        let rest = levels.count > 2 ? String(levels[2]).map(MailboxName.canonical) : nil
        let owner = try await spelledOut(level: level)
        return rest.map { MailboxPlace.name(of: $0, ownedBy: owner) }
            ?? "\(MailboxName.otherUsers)/\(owner)"
    }

    private func spelledOut(level: String) async throws(CommandFailure) -> String {
        if let known = known[level] { return known }
        guard known.count < Self.maximumOwners else {
            throw .no("Too many users' mailboxes", code: "NOTIFICATIONOVERFLOW")
        }
        let owner = try await session.owner(named: level)?.levelName ?? level
        known[level] = owner
        return owner
    }
}
