internal import IMAP
internal import MailModel
internal import MailboxStore
internal import Storage

/// STORE and UID STORE (RFC 9051 section 6.4.6, RFC 7162 section 3.1.3, RFC 4314 section 4).
extension IMAPSession {
    /// Messages of one transaction.
    private static let storePortion = 10_000

    func store(_ command: StoreCommand) async throws(CommandFailure) -> Completion {
        let selected = try selectedMailbox()
        let uids = try resolve(command.messages, isUID: command.isUID)
        guard !selected.isReadOnly else { throw .no("Mailbox is read-only") }
        if command.unchangedSince != nil { enableCondstore() }
        let before = command.isSilent ? selected.live.withState { $0.flagged(uids) } : []
        let plan = try StorePlan(command, rights: selected.rights)
        var modified: [UInt32] = []
        var missing = 0
        var rest = uids[...]
        repeat {
            let result = try await plan.perform(
                Array(rest.prefix(Self.storePortion)), in: selected.live, self)
            modified += result.modified
            missing +=
                min(rest.count, Self.storePortion) - result.messages.count - result.modified.count
            try await tell(result.messages, before, command, plan, in: selected)
            rest = rest.dropFirst(Self.storePortion)
        } while !rest.isEmpty
        return completion(modified, missing, command, selected.view)
    }

    private func tell(
        _ messages: [FlaggedMessage], _ before: [FlaggedMessage], _ command: StoreCommand,
        _ plan: StorePlan, in selected: SelectedMailbox
    ) async throws(CommandFailure) {
        guard command.isSilent else {
            try await writeFlagUpdates(messages, withUID: command.isUID)
            selected.view.acknowledge(messages)
            return
        }
        // The client knows what it has set, but not what others have set: those messages are told
        // with all flags, as any change of others is.
        let told = before.filter(selected.view.isTold)
        let expected = plan.expected(messages, told, service.mailboxes.storage.keywords)
        if enabled.contains(.condstore) {
            let changed = expected.filter { message in
                before.flagged(message.uid)?.modSequence != message.modSequence
            }
            try await writeFlagUpdates(changed, withUID: command.isUID, flags: false)
        }
        selected.view.acknowledge(expected)
    }

    private func completion(
        _ modified: [UInt32], _ missing: Int, _ command: StoreCommand, _ view: MailboxView
    ) -> Completion {
        if !modified.isEmpty {
            let numbers =
                command.isUID
                ? modified
                : modified.compactMap { view.sequenceNumber(of: $0).map { UInt32($0) } }
            return .ok(
                "Conditional STORE failed for some messages",
                code: "MODIFIED \(UIDSet(ascending: numbers).imapText)")
        }
        if missing > 0, !command.isUID {
            return .ok("Some messages are expunged already", code: "EXPUNGEISSUED")
        }
        return .ok("STORE completed")
    }
}

extension LiveState {
    /// Those of these messages, ascending, that exist.
    func flagged(_ uids: [UInt32]) -> [FlaggedMessage] {
        uids.compactMap { uid in
            index(of: uid).map {
                FlaggedMessage(uid: uid, flags: flags[$0], modSequence: modSequences[$0])
            }
        }
    }
}

extension [FlaggedMessage] {
    /// In the order of UIDs.
    func flagged(_ uid: UInt32) -> FlaggedMessage? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].uid < uid { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low].uid == uid ? self[low] : nil
    }
}

extension UIDSet {
    /// ```
    /// uid-set = (uniqueid / uid-range) *("," uid-set)
    /// ```
    var imapText: String {
        ranges.map {
            $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound):\($0.upperBound)"
        }.joined(separator: ",")
    }
}
