import MailModel
import NIOCore

/// Who has a copy of a message of which more is in the queue: accounts, to whom no other address brings a
/// second one; and addresses at other hosts, while somebody is yet to be looked up who may lead to them.
struct DeliveredCopies {
    /// As they are stored: 16 octets each.
    private(set) var bytes: ByteBuffer
    private(set) var isChanged = false
    /// Nil until somebody asks: most of what happens in the queue does not concern mailboxes here.
    private var known: Set<AccountID>?

    init(stored bytes: ByteBuffer = ByteBuffer()) { self.bytes = bytes }

    mutating func contains(_ account: AccountID) -> Bool {
        if bytes.readableBytes == 0 { return false }
        if known == nil { known = Self.read(bytes) }
        return known!.contains(account)
    }

    /// One that is not there.
    mutating func insert(_ account: AccountID) {
        bytes.writeMultipleIntegers(account.high, account.low)
        known?.insert(account)
        isChanged = true
    }

    // MARK: Addresses at other hosts

    /// They are kept from now on.
    mutating func watchAddresses() { if !contains(Self.watch) { insert(Self.watch) } }

    mutating func relayed(to address: EmailAddress) {
        let key = Self.key(address)
        if contains(Self.watch), !contains(key) { insert(key) }
    }

    mutating func wasRelayed(to address: EmailAddress) -> Bool { contains(Self.key(address)) }

    /// No entry of the directory has this UUID (RFC 9562 section 5.9).
    private static let watch = AccountID(high: 0, low: 0)

    /// Stands for an address among the UUIDs: FNV-1a of 128 bits (draft-eastlake-fnv). Whoever makes two
    /// that are the same has their own message not arrive.
    private static func key(_ address: EmailAddress) -> AccountID {
        let address = address.withFoldedDomain
        var hash: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
        for octet in address.localPart.utf8 + [0] + address.domain.utf8 {
            hash = (hash ^ UInt128(octet)) &* 0x0000_0000_0100_0000_0000_0000_0000_013b
        }
        return AccountID(
            high: UInt64(truncatingIfNeeded: hash >> 64), low: UInt64(truncatingIfNeeded: hash))
    }

    private static func read(_ bytes: ByteBuffer) -> Set<AccountID> {
        var bytes = bytes
        var accounts = Set<AccountID>(minimumCapacity: bytes.readableBytes / 16)
        while let (high, low) = bytes.readMultipleIntegers(as: (UInt64, UInt64).self) {
            accounts.insert(AccountID(high: high, low: low))
        }
        return accounts
    }
}

extension EmailAddress {
    /// Another host may tell local parts apart by case (RFC 5321 section 2.4), domains are the same.
    var withFoldedDomain: EmailAddress { EmailAddress(localPart: localPart, domain: domain.lowercased()) }
}
