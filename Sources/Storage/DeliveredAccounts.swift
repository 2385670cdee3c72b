import MailModel
import NIOCore

/// Accounts that have their copy of a message of which more is in the queue: no other address that
/// leads to them brings a second one.
struct DeliveredAccounts {
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

    private static func read(_ bytes: ByteBuffer) -> Set<AccountID> {
        var bytes = bytes
        var accounts = Set<AccountID>(minimumCapacity: bytes.readableBytes / 16)
        while let (high, low) = bytes.readMultipleIntegers(as: (UInt64, UInt64).self) {
            accounts.insert(AccountID(high: high, low: low))
        }
        return accounts
    }
}
