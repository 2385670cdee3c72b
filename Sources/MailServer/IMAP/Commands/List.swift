internal import IMAP
internal import MailboxStore
internal import MailModel
internal import NIOCore
internal import Storage

/// LIST (RFC 9051 section 6.3.9) with LIST-EXTENDED, LIST-STATUS, LIST-MYRIGHTS, LIST-METADATA and
/// SPECIAL-USE.
extension IMAPSession {
    /// Of all patterns together, in characters. What can be matched costs time.
    private static let maximumPatternSize = 2000
    /// What a pattern costs beside them.
    private static let patternCost = 20

    func list(_ command: ListCommand) async throws(CommandFailure) -> Completion {
        if !command.isExtended, command.patterns == [""] {
            writeRoot(of: command.reference)
            return .ok("LIST completed")
        }
        if command.selections.contains(.recursiveMatch),
            !command.selections.contains(.subscribed), !command.selections.contains(.specialUse)
        {
            throw .bad("RECURSIVEMATCH is for use with another selection option")
        }
        let patterns = command.patterns.map { MailboxPattern(command.reference + $0) }
        guard patterns.reduce(0, { $0 + $1.size + Self.patternCost }) <= Self.maximumPatternSize else {
            throw .no("Patterns are too long", code: "LIMIT")
        }
        let mailboxes = try await mailboxes(for: patterns)
        let lister = MailboxLister(
            mailboxes.map {
                .init(name: $0.name, specialUses: $0.isOwn ? $0.status.specialUses : [])
            },
            subscriptions: try await subscriptions(for: command), for: command)
        let named = Set(
            command.patterns.lazy.filter { !$0.contains("*") && !$0.contains("%") }
                .map { MailboxName.normalized(command.reference + $0) })
        let listed = lister.list(
            matching: { name in patterns.contains { $0.matches(name) } },
            naming: { named.contains($0) })
        let extras = ListExtras(command.returns)
        if extras.wantsModSequence { enableCondstore() }
        for entry in listed {
            writeListed(entry, isExtended: command.isExtended)
            if let index = entry.index { try await write(extras, of: mailboxes[index]) }
            try await breathe()
        }
        return .ok("LIST completed")
    }

    private func subscriptions(for command: ListCommand)
        async throws(CommandFailure) -> Set<String>
    {
        guard command.selections.contains(.subscribed) || command.returns.contains(.subscribed)
        else { return [] }
        let user = try loggedIn()
        return try await stored { () async throws(MailError) in
            try await user.mailboxes.subscriptions()
        }
    }

    /// Other users' mailboxes are looked for only where a pattern leads there.
    private func mailboxes(for patterns: [MailboxPattern])
        async throws(CommandFailure) -> [ResolvedMailbox]
    {
        let leadsToOthers = patterns.contains {
            $0.matches(MailboxName.otherUsers) || $0.canMatch(below: MailboxName.otherUsers + "/")
        }
        return leadsToOthers ? try await visibleMailboxes() : try await ownMailboxes()
    }

    /// The empty pattern asks for the separator and the root of the reference.
    private func writeRoot(of reference: String) {
        let others = MailboxName.otherUsers + "/"
        let root = reference.hasPrefix(others) ? others : ""
        output.writeStaticString("* LIST (\\NoSelect) \"/\" ")
        output.writeIMAPMailbox(root, utf8: writesUTF8)
        output.writeStaticString("\r\n")
    }

    // mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox
    //                [SP mbox-list-extended]
    private func writeListed(_ entry: ListedMailbox, isExtended: Bool) {
        let attributes = entry.attributes.names(isExtended: isExtended) + entry.specialUses.map(\.rawValue)
        output.writeString("* LIST (\(attributes.joined(separator: " "))) \"/\" ")
        output.writeIMAPMailbox(entry.name, utf8: writesUTF8)
        if !entry.childCriteria.isEmpty {
            let criteria = entry.childCriteria.map { "\"\($0)\"" }.joined(separator: " ")
            output.writeString(" (\"CHILDINFO\" (\(criteria)))")
        }
        output.writeStaticString("\r\n")
    }

    /// What the client wants to know of each mailbox, as far as it may.
    private func write(_ extras: ListExtras, of mailbox: ResolvedMailbox)
        async throws(CommandFailure)
    {
        if let items = extras.statusItems, mailbox.rights.contains(.read) {
            try await writeStatus(mailbox, items)
        }
        if extras.wantsRights, !mailbox.rights.isDisjoint(with: .toKnowRights) {
            writeRights(mailbox)
        }
        if let entries = extras.metadata, mailbox.rights.isSuperset(of: .toReadMetadata) {
            try await writeMetadata(entries, of: mailbox)
        }
    }
}

/// The return options that ask for replies of their own.
struct ListExtras {
    var statusItems: [StatusItem]?
    var wantsRights = false
    var metadata: [String]?

    init(_ options: [ListCommand.Return]) {
        for option in options {
            switch option {
            case .status(let items): statusItems = items
            case .myRights: wantsRights = true
            case .metadata(let entries): metadata = entries
            case .subscribed, .children, .specialUse: continue
            }
        }
    }

    var wantsModSequence: Bool { statusItems?.contains(.highestModSequence) ?? false }
}
