/// The addresses of From, To, Cc, Reply-To … (RFC 5322 sections 3.4 and 4.4).
///
/// Obsolete forms, comments, 8-bit names and routes are accepted. What is not an address list is
/// read as well as can be, and `problem` says so: a display may use the members all the same, a
/// decision about the sender must not. Time and memory are linear in the bytes given.
package struct AddressList: Sendable, Equatable {
    /// More mailboxes than these are not read.
    package static let maximumMailboxes = 10_000
    package static let maximumCommentDepth = 100

    package enum Member: Sendable, Equatable {
        case mailbox(Mailbox)
        case group(name: [UInt8], [Mailbox])
    }

    package enum Problem: Sendable, Equatable { case syntax, tooManyMailboxes, commentsTooDeep }

    package internal(set) var members: [Member] = []
    /// The first thing that was wrong.
    package internal(set) var problem: Problem?

    /// Reads the raw value of a field, folds included.
    package init(_ value: ArraySlice<UInt8>) {
        self = value.withUnsafeBytes { bytes in
            var parser = AddressListParser(bytes)
            return parser.parse()
        }
    }

    init() {}

    /// The mailboxes, those in groups too.
    package var mailboxes: [Mailbox] {
        members.flatMap { member in
            switch member {
            case .mailbox(let mailbox): [mailbox]
            case .group(_, let mailboxes): mailboxes
            }
        }
    }
}
