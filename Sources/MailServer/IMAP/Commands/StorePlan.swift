internal import IMAP
internal import MailModel
internal import MailboxStore
internal import Storage

/// What a STORE changes under the rights that the user has: flags beyond them stay as they are
/// (RFC 4314 section 4). Without any right to the flags named, the command is refused.
struct StorePlan {
    private static let systemFlags: MessageFlags = [.seen, .answered, .flagged, .deleted, .draft]

    private let command: StoreCommand
    /// System flags that the user may change.
    private let permitted: MessageFlags
    private let mayWrite: Bool
    private let system: MessageFlags
    private let keywords: [String]

    init(_ command: StoreCommand, rights: ACLRights) throws(CommandFailure) {
        self.command = command
        let permitted = rights.permittedFlags
        mayWrite = rights.contains(.write)
        self.permitted = permitted
        system = command.flags.system.intersection(permitted)
        keywords = mayWrite ? command.flags.keywords : []
        let namesFlags = !command.flags.system.isEmpty || !command.flags.keywords.isEmpty
        let isAllowed =
            switch command.operation {
            case .add where namesFlags, .remove where namesFlags:
                !system.isEmpty || !keywords.isEmpty
            case .add, .remove, .replace: !permitted.isEmpty
            }
        guard isAllowed else { throw .no("Not permitted", code: "NOPERM") }
    }

    func perform(_ uids: [UInt32], in mailbox: LiveMailbox, _ session: IMAPSession)
        async throws(CommandFailure) -> StoreResult
    {
        guard !uids.isEmpty else { return StoreResult(messages: [], modified: []) }
        let storage = session.service.mailboxes.storage
        do throws(MailboxError) {
            guard command.operation == .replace, permitted != Self.systemFlags else {
                return try await storage.store(
                    change(operation, system, command.unchangedSince), uids: uids, in: mailbox.id,
                    account: mailbox.account)
            }
            return try await replacePermitted(uids, in: mailbox, storage)
        } catch { throw session.refusal(error) }
    }

    private var operation: FlagChange.Operation {
        switch command.operation {
        case .replace: .replace
        case .add: .add
        case .remove: .remove
        }
    }

    private func change(
        _ operation: FlagChange.Operation, _ system: MessageFlags, _ unchangedSince: UInt64?,
        _ keywords: [String]? = nil
    ) -> FlagChange {
        FlagChange(
            operation: operation, system: system, keywords: keywords ?? self.keywords,
            unchangedSince: unchangedSince)
    }

    /// Some flags are to stay: those are replaced together that have the same ones of them.
    private func replacePermitted(
        _ uids: [UInt32], in mailbox: LiveMailbox, _ storage: any MailboxStorage
    ) async throws(MailboxError) -> StoreResult {
        var result = StoreResult(messages: [], modified: [])
        if mayWrite {
            let groups = Dictionary(grouping: mailbox.withState { $0.flagged(uids) }) {
                $0.flags.system.subtracting(permitted).rawValue
            }
            for (kept, messages) in groups {
                let part = try await storage.store(
                    change(
                        .replace, system.union(MessageFlags(rawValue: kept)),
                        command.unchangedSince),
                    uids: messages.map(\.uid), in: mailbox.id, account: mailbox.account)
                result.messages += part.messages
                result.modified += part.modified
            }
        } else {
            // Keywords stay too.
            let added = try await storage.store(
                change(.add, system, command.unchangedSince, []), uids: uids, in: mailbox.id,
                account: mailbox.account)
            let removed = try await storage.store(
                change(.remove, permitted.subtracting(system), nil, []),
                uids: added.messages.map(\.uid), in: mailbox.id, account: mailbox.account)
            result = StoreResult(messages: removed.messages, modified: added.modified)
        }
        result.messages.sort { $0.uid < $1.uid }
        result.modified.sort()
        return result
    }

    // MARK: What the client expects

    /// Those messages that are now as the client, who knew `before`, must think they are.
    func expected(
        _ messages: [FlaggedMessage], _ before: [FlaggedMessage], _ table: KeywordTable
    ) -> [FlaggedMessage] {
        var known: [StoredFlags: [StoredFlags: Bool]] = [:]
        return messages.filter { message in
            guard let old = before.flagged(message.uid)?.flags else { return false }
            if let known = known[old]?[message.flags] { return known }
            let isExpected =
                expectedSystem(old.system) == message.flags.system
                && expectedKeywords(table.names(of: old.keywords)) == table.names(of: message.flags.keywords)
            known[old, default: [:]][message.flags] = isExpected
            return isExpected
        }
    }

    /// As the client named them: what it may not change is not as it expects.
    private func expectedSystem(_ old: MessageFlags) -> MessageFlags {
        switch command.operation {
        case .replace: command.flags.system
        case .add: old.union(command.flags.system)
        case .remove: old.subtracting(command.flags.system)
        }
    }

    private func expectedKeywords(_ old: Set<String>) -> Set<String> {
        let named = Set(command.flags.keywords.map { $0.lowercased() })
        return switch command.operation {
        case .replace: named
        case .add: old.union(named)
        case .remove: old.subtracting(named)
        }
    }
}

extension KeywordTable {
    fileprivate func names(of set: UInt32) -> Set<String> {
        Set(keywords(of: set).map { $0.lowercased() })
    }
}

extension ACLRights {
    /// RFC 4314 section 2.1: s, t and w.
    var permittedFlags: MessageFlags {
        var flags: MessageFlags = []
        if contains(.seen) { flags.insert(.seen) }
        if contains(.deleteMessages) { flags.insert(.deleted) }
        if contains(.write) { flags.formUnion([.answered, .flagged, .draft]) }
        return flags
    }

    /// What a message keeps that comes into the mailbox (RFC 4314 section 4): without the right to a
    /// flag, the flag is left out and the copy succeeds.
    var keptFlags: KeptFlags {
        KeptFlags(system: permittedFlags, keywords: contains(.write))
    }
}
