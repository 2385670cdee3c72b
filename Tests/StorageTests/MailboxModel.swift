import MailModel
import Storage

/// Mailboxes as they should be, in plain values: what the engine is compared with.
struct MailboxModel {
    struct Message: Equatable {
        var body: Int
        var size: Int
        var flags: MessageFlags
        /// In lower case.
        var keywords: Set<String>
        var modSequence: UInt64
    }

    struct Mailbox {
        var name: String
        var account: AccountID
        var uidValidity: UInt32
        var messages: [UInt32: Message] = [:]
        var uidNext: UInt32 = 1
        var modSequence: UInt64 = 1
        var expunged: [UInt32: UInt64] = [:]

        var bytes: Int64 { messages.values.reduce(0) { $0 + Int64($1.size) } }
        var uids: [UInt32] { messages.keys.sorted() }
    }

    var mailboxes: [Int64: Mailbox] = [:]

    func mailboxes(of account: AccountID) -> [Int64] {
        mailboxes.filter { $0.value.account == account }.keys.sorted()
    }

    func mailbox(named name: String, of account: AccountID) -> Int64? {
        mailboxes.first { $0.value.account == account && $0.value.name == name }?.key
    }

    func bytes(of account: AccountID) -> Int64 {
        mailboxes.values.filter { $0.account == account }.reduce(0) { $0 + $1.bytes }
    }

    func count(of account: AccountID) -> Int {
        mailboxes.values.filter { $0.account == account }.reduce(0) { $0 + $1.messages.count }
    }

    mutating func create(_ status: MailboxStatus) {
        mailboxes[status.id] = Mailbox(
            name: status.name, account: status.account, uidValidity: status.uidValidity)
    }

    mutating func add(_ messages: [Message], to mailbox: Int64) -> [UInt32] {
        guard !messages.isEmpty else { return [] }
        mailboxes[mailbox]!.modSequence += 1
        var uids: [UInt32] = []
        for var message in messages {
            let uid = mailboxes[mailbox]!.uidNext
            message.modSequence = mailboxes[mailbox]!.modSequence
            mailboxes[mailbox]!.messages[uid] = message
            mailboxes[mailbox]!.uidNext += 1
            uids.append(uid)
        }
        return uids
    }

    mutating func remove(_ uids: [UInt32], from mailbox: Int64) {
        guard !uids.isEmpty else { return }
        mailboxes[mailbox]!.modSequence += 1
        for uid in uids {
            mailboxes[mailbox]!.messages[uid] = nil
            mailboxes[mailbox]!.expunged[uid] = mailboxes[mailbox]!.modSequence
        }
    }

    /// - Returns: those that changed, and those that `unchangedSince` excluded.
    mutating func store(_ change: FlagChange, _ uids: [UInt32], in mailbox: Int64)
        -> (changed: [UInt32], modified: [UInt32])
    {
        var changed: [UInt32] = []
        var modified: [UInt32] = []
        let modSequence = mailboxes[mailbox]!.modSequence + 1
        for uid in uids {
            guard var message = mailboxes[mailbox]!.messages[uid] else { continue }
            if let limit = change.unchangedSince, message.modSequence > limit {
                modified.append(uid)
                continue
            }
            let before = message
            let names = Set(change.keywords.map { $0.lowercased() })
            switch change.operation {
            case .replace: (message.flags, message.keywords) = (change.system, names)
            case .add:
                message.flags.formUnion(change.system)
                message.keywords.formUnion(names)
            case .remove:
                message.flags.subtract(change.system)
                message.keywords.subtract(names)
            }
            guard message != before else { continue }
            message.modSequence = modSequence
            mailboxes[mailbox]!.messages[uid] = message
            changed.append(uid)
        }
        if !changed.isEmpty { mailboxes[mailbox]!.modSequence = modSequence }
        return (changed, modified)
    }
}
