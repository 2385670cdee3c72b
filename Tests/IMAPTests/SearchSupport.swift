import IMAP
import MailModel

/// A mailbox of made-up messages: each message's size is what tests are about.
struct ListSource: SearchSource {
    struct Unavailable: Error {}

    /// Numbers that stand for a message's attributes, one bit each.
    var messages: [UInt32]
    var isBroken = false

    var size: Int { messages.count }

    func select(_ test: SearchTest, among candidates: PositionSet)
        async throws(Unavailable) -> PositionSet
    {
        guard !isBroken else { throw Unavailable() }
        return candidates.filter { Self.matches(test, messages[$0], position: $0) }
    }

    static func matches(_ test: SearchTest, _ message: UInt32, position: Int) -> Bool {
        switch test {
        case .size(let range): range.contains(UInt64(message))
        case .flags(let flags): message & UInt32(flags.rawValue) == UInt32(flags.rawValue)
        case .sequence(let set):
            set.resolved(largest: .max).contains(UInt32(position + 1))
        case .modSequence(let least): UInt64(message % 7) >= least
        case .internalDate(let range): range.contains(Int64(message % 50))
        case .text(let test): String(message).contains(test.needle)
        default: false
        }
    }
}
