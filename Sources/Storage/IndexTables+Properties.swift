import MailModel

/// What belongs to accounts and mailboxes beside messages: subscriptions, access lists (RFC 4314),
/// annotations (RFC 5464).
extension IndexTables {
    static let maximumSubscriptions = 10_000
    static let maximumIdentifiers = 1_000
    /// For each mailbox and for the server.
    static let maximumAnnotations = 1_000

    func subscribe(_ subscribed: Bool, _ name: String, _ account: AccountID) throws {
        let row = try self.account(account).row
        if subscribed {
            try requireSubscriptions(1, row)
            return try addSubscription(name, row, account)
        }
        statements.unsubscribe.bind(1, row)
        statements.unsubscribe.bind(2, name)
        guard try statements.unsubscribe.first({ _ in true }) != nil else { return }
        let mailbox = try find(name, of: account) ?? 0
        effects.add(.subscription(name: name, false), mailbox, account)
    }

    /// That there is room for so many more.
    func requireSubscriptions(_ number: Int, _ row: Int64) throws {
        statements.countSubscriptions.bind(1, row)
        let count = try statements.countSubscriptions.first { Int($0.integer(0)) } ?? 0
        guard count + number <= Self.maximumSubscriptions else {
            throw MailboxError.limit(
                "an account has \(Self.maximumSubscriptions) subscriptions at most")
        }
    }

    func addSubscription(_ name: String, _ row: Int64, _ account: AccountID) throws {
        statements.subscribe.bind(1, row)
        statements.subscribe.bind(2, name)
        guard try statements.subscribe.first({ _ in true }) != nil else { return }
        let mailbox = try find(name, of: account) ?? 0
        effects.add(.subscription(name: name, true), mailbox, account)
    }

    /// Empty rights remove the identifier.
    func setAccess(
        _ rights: String, of identifier: String, to mailbox: Int64, _ account: AccountID
    ) throws {
        _ = try state(of: mailbox, ownedBy: account)
        if rights.isEmpty {
            statements.removeAccess.bind(1, mailbox)
            statements.removeAccess.bind(2, identifier)
            try statements.removeAccess.run()
        } else {
            statements.countAccess.bind(1, mailbox)
            statements.countAccess.bind(2, identifier)
            let count = try statements.countAccess.first { Int($0.integer(0)) } ?? 0
            guard count < Self.maximumIdentifiers else {
                throw MailboxError.limit(
                    "an access list has \(Self.maximumIdentifiers) identifiers at most")
            }
            statements.setAccess.bind(1, mailbox)
            statements.setAccess.bind(2, identifier)
            statements.setAccess.bind(3, rights)
            try statements.setAccess.run()
        }
        effects.add(.access(identifier: identifier), mailbox, account)
    }

    /// - Parameter mailbox: 0 for the server's own.
    func annotate(_ entries: [String: [UInt8]?], of mailbox: Int64, _ account: AccountID) throws {
        if mailbox != 0, try state(of: mailbox) == nil { throw MailboxError.nonexistent }
        let row = try self.account(account).row
        var names: Set<String> = []
        statements.listAnnotations.bindAll(mailbox, row)
        try statements.listAnnotations.each { names.insert($0.text(0)) }
        for (name, value) in entries where value != nil { names.insert(name) }
        guard names.count <= Self.maximumAnnotations else {
            throw MailboxError.limit("a mailbox has \(Self.maximumAnnotations) annotations at most")
        }
        for (name, value) in entries { try setAnnotation(name, value, of: mailbox, row) }
        effects.add(.annotations(entries: entries.keys.sorted()), mailbox, account)
    }

    func setAnnotation(_ name: String, _ value: [UInt8]?, of mailbox: Int64, _ row: Int64) throws {
        let statement = value == nil ? statements.removeAnnotation : statements.annotate
        statement.bind(1, mailbox)
        statement.bind(2, row)
        statement.bind(3, name)
        if let value { statement.bind(4, value) }
        try statement.run()
    }
}
