package import MailModel

/// A command as the client sent it (RFC 9051 section 6 and the extensions that the server offers),
/// without its tag. Mailbox names are UTF-8 here, whichever form came over the wire.
package enum IMAPCommand: Sendable, Equatable {
    // Any state.
    case capability
    case noop
    case logout
    /// RFC 2971.
    case id([IDField])

    // Not authenticated.
    case startTLS
    case login(user: String, password: [UInt8])
    /// `initialResponse` is in base 64, as sent; "=" stands for an empty one (RFC 4959).
    case authenticate(mechanism: String, initialResponse: [UInt8]?)

    // Authenticated.
    case enable([String])
    /// RFC 8437.
    case unauthenticate
    /// RFC 4978; the mechanism's name.
    case compress(String)
    case select(SelectCommand)
    case create(mailbox: String, specialUses: [SpecialUse])
    case delete(mailbox: String)
    case rename(from: String, to: String)
    case subscribe(mailbox: String)
    case unsubscribe(mailbox: String)
    case list(ListCommand)
    case lsub(reference: String, pattern: String)
    case namespace
    case status(mailbox: String, items: [StatusItem])
    case idle
    /// RFC 9208.
    case getQuota(root: String)
    case getQuotaRoot(mailbox: String)
    case setQuota(root: String, limits: [QuotaLimit])
    /// RFC 4314. `rights` as sent, with its "+" or "-".
    case setACL(mailbox: String, identifier: String, rights: String)
    case deleteACL(mailbox: String, identifier: String)
    case getACL(mailbox: String)
    case listRights(mailbox: String, identifier: String)
    case myRights(mailbox: String)
    /// RFC 5464; an empty mailbox name means the server.
    case getMetadata(GetMetadataCommand)
    case setMetadata(mailbox: String, entries: [MetadataEntry])
    /// RFC 5465.
    case notify(NotifyCommand)
    /// RFC 7377: the mailboxes to search, and what for.
    case multiSearch(sources: [MailboxFilter], SearchCommand)

    // Selected.
    case check
    case close
    case unselect
    case expunge
    /// RFC 4315.
    case uidExpunge(SequenceSet)
    case search(SearchCommand)
    case sort(SortCommand)
    case thread(ThreadCommand)
    case fetch(FetchCommand)
    case store(StoreCommand)
    case copy(CopyCommand)
    /// RFC 6851.
    case move(CopyCommand)
    /// RFC 5267 section 4.3.5: tags of searches.
    case cancelUpdate([String])
}

/// One name and value of the ID command; nil is NIL.
package struct IDField: Sendable, Equatable {
    package var name: String
    package var value: String?

    package init(name: String, value: String?) {
        self.name = name
        self.value = value
    }
}

package struct SelectCommand: Sendable, Equatable {
    package var mailbox: String
    /// EXAMINE.
    package var isReadOnly: Bool
    /// RFC 7162 section 3.1.8.
    package var condstore: Bool
    package var resynchronize: QuickResync?

    package init(
        mailbox: String, isReadOnly: Bool, condstore: Bool = false,
        resynchronize: QuickResync? = nil
    ) {
        self.mailbox = mailbox
        self.isReadOnly = isReadOnly
        self.condstore = condstore
        self.resynchronize = resynchronize
    }
}

/// What a returning client knows (RFC 7162 section 3.2.5).
package struct QuickResync: Sendable, Equatable {
    package var uidValidity: UInt32
    package var modSequence: UInt64
    package var knownUIDs: UIDSet?
    /// Matching sequence numbers and UIDs, of the same count.
    package var sequenceMatch: (sequence: UIDSet, uids: UIDSet)?

    package init(
        uidValidity: UInt32, modSequence: UInt64, knownUIDs: UIDSet? = nil,
        sequenceMatch: (sequence: UIDSet, uids: UIDSet)? = nil
    ) {
        self.uidValidity = uidValidity
        self.modSequence = modSequence
        self.knownUIDs = knownUIDs
        self.sequenceMatch = sequenceMatch
    }

    package static func == (a: QuickResync, b: QuickResync) -> Bool {
        a.uidValidity == b.uidValidity && a.modSequence == b.modSequence
            && a.knownUIDs == b.knownUIDs && a.sequenceMatch?.sequence == b.sequenceMatch?.sequence
            && a.sequenceMatch?.uids == b.sequenceMatch?.uids
    }
}

/// RFC 9051 section 6.3.11, RFC 7889, RFC 8438, RFC 8474, RFC 9208.
package enum StatusItem: Sendable, Equatable {
    case messages, recent, uidNext, uidValidity, unseen, deleted, size, highestModSequence
    case appendLimit, mailboxID, deletedStorage
}

package struct QuotaLimit: Sendable, Equatable {
    package var resource: String
    package var limit: UInt64

    package init(resource: String, limit: UInt64) {
        self.resource = resource
        self.limit = limit
    }
}

/// COPY and MOVE.
package struct CopyCommand: Sendable, Equatable {
    package var messages: SequenceSet
    package var isUID: Bool
    package var mailbox: String

    package init(messages: SequenceSet, isUID: Bool, mailbox: String) {
        self.messages = messages
        self.isUID = isUID
        self.mailbox = mailbox
    }
}
