internal import Directory
internal import IMAP
internal import MailboxStore
internal import MailModel
internal import Storage

/// SETMETADATA (RFC 5464 section 4.3): all entries, or none.
extension IMAPSession {
    private static let maximumMetadataValue = 64 * 1024
    /// Of a mailbox or the server, names and values in octets.
    private static let maximumMetadata = 1024 * 1024
    private static let maximumMetadataEntries = 900

    func setMetadata(_ name: String, _ entries: [MetadataEntry])
        async throws(CommandFailure) -> Completion
    {
        let names = try metadataNames(entries.map(\.name))
        guard !names.contains(where: \.isRoot) else { throw .bad("Not the name of an entry") }
        let mailbox =
            name.isEmpty
            ? nil : try await mailbox(named: name, needing: .toReadMetadata)
        try check(names, of: mailbox)
        var changes: [String: [UInt8]?] = [:]
        for (name, entry) in zip(names, entries) {
            guard entry.value?.count ?? 0 <= Self.maximumMetadataValue else {
                throw .no("Value is too large", code: "METADATA MAXSIZE \(Self.maximumMetadataValue)")
            }
            changes[name.text] = .some(entry.value)
        }
        let uses = try specialUses(changes.removeValue(forKey: Self.specialUseEntry))
        try await checkRoom(for: changes, on: mailbox)
        try await store(changes, on: mailbox)
        if let uses, let mailbox {
            let storage = service.mailboxes.storage
            try await changed { () async throws(MailboxError) in
                try await storage.setSpecialUses(uses, of: mailbox.id, account: mailbox.owner)
            }
        }
        return .ok("SETMETADATA completed")
    }

    private func check(_ names: [MetadataName], of mailbox: ResolvedMailbox?) throws(CommandFailure) {
        guard let mailbox else {
            // The server's shared entries are the administrator's.
            guard names.allSatisfy({ $0.scope == .private && $0.text != Self.specialUseEntry })
            else { throw .notPermitted }
            return
        }
        if names.contains(where: { $0.scope == .shared }),
            !mailbox.rights.isSuperset(of: .toWriteMetadata)
        {
            throw .notPermitted
        }
        if !mailbox.isOwn, names.contains(where: { $0.text == Self.specialUseEntry }) {
            throw .notPermitted
        }
    }

    /// RFC 6154 section 4: attributes, separated by spaces. Nil: not to be changed.
    private func specialUses(_ value: [UInt8]??) throws(CommandFailure) -> Set<SpecialUse>? {
        guard let value else { return nil }
        var uses: Set<SpecialUse> = []
        for word in String(decoding: value ?? [], as: UTF8.self).lowercased().split(separator: " ") {
            guard let use = SpecialUse.assignable.first(where: { $0.rawValue.lowercased() == word })
            else { throw .no("A mailbox can't be used for that", code: "USEATTR") }
            uses.insert(use)
        }
        return uses
    }

    private func checkRoom(for changes: [String: [UInt8]?], on mailbox: ResolvedMailbox?)
        async throws(CommandFailure)
    {
        guard changes.values.contains(where: { $0 != nil }) else { return }
        let storage = service.mailboxes.storage
        let user = try loggedIn().account.id
        let account = mailbox?.owner ?? user
        let prefix = Self.storedPrefix(of: user, owner: account)
        var all = try await stored { () async throws(MailError) in
            try await storage.annotations(of: mailbox?.id ?? 0, account: account)
        }
        for (name, value) in changes { all[Self.key(name, prefix)] = value }
        let size = all.reduce(0) { $0 + $1.key.utf8.count + $1.value.count }
        guard all.count <= Self.maximumMetadataEntries, size <= Self.maximumMetadata else {
            throw .no("Too much metadata", code: "METADATA TOOMANY")
        }
    }

    private func store(_ changes: [String: [UInt8]?], on mailbox: ResolvedMailbox?)
        async throws(CommandFailure)
    {
        guard !changes.isEmpty else { return }
        let storage = service.mailboxes.storage
        let user = try loggedIn().account.id
        let account = mailbox?.owner ?? user
        let prefix = Self.storedPrefix(of: user, owner: account)
        let entries = Dictionary(
            uniqueKeysWithValues: changes.map { (Self.key($0.key, prefix), $0.value) })
        try await changed { () async throws(MailboxError) in
            try await storage.setAnnotations(entries, of: mailbox?.id ?? 0, account: account)
        }
    }

    private static func key(_ name: String, _ prefix: String) -> String {
        name.hasPrefix("/private/") ? prefix + name : name
    }
}
