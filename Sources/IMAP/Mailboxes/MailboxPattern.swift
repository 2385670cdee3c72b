/// A pattern of LIST (RFC 9051 section 6.3.9): `*` stands for anything, `%` for anything but the
/// separator.
///
/// Matching follows all possibilities at once, as bits of a word, so that its time is the name's
/// length times the pattern's words, whatever the wildcards.
package struct MailboxPattern: Sendable {
    /// More than this can't match a name of the greatest length.
    private static let maximumTokens = 2 * MailboxName.maximumLength + 1

    /// Bit i: the first i tokens have matched. Where in the pattern each octet stands, and the
    /// wildcards; `words` to each.
    private var literals: [UInt64]
    private var wildcards: [UInt64]
    private var stars: [UInt64]
    private let words: Int
    /// The bit that means a match.
    private let end: Int
    private let isTooLong: Bool
    /// Whether there is a `%`.
    package let hasLevelWildcard: Bool

    /// - Parameter pattern: the reference and the pattern, joined.
    package init(_ pattern: String) {
        let tokens = Self.tokens(MailboxName.normalized(pattern))
        isTooLong = tokens.count > Self.maximumTokens
        hasLevelWildcard = tokens.contains(.level)
        let kept = isTooLong ? [] : tokens
        end = kept.count
        words = end / 64 + 1
        literals = Array(repeating: 0, count: 256 * words)
        wildcards = Array(repeating: 0, count: words)
        stars = wildcards
        for (index, token) in kept.enumerated() {
            let bit: UInt64 = 1 << UInt64(index % 64)
            switch token {
            case .octet(let octet): literals[Int(octet) * words + index / 64] |= bit
            case .level: wildcards[index / 64] |= bit
            case .all:
                wildcards[index / 64] |= bit
                stars[index / 64] |= bit
            }
        }
    }

    /// What the pattern costs to match, in tokens.
    package var size: Int { end }

    package func matches(_ name: String) -> Bool {
        guard let state = run(over: name) else { return false }
        return state[end / 64] & (1 << UInt64(end % 64)) != 0
    }

    /// Whether a name that begins so, longer than it, may match.
    package func canMatch(below prefix: String) -> Bool { run(over: prefix) != nil }

    /// - Returns: nil when nothing that begins with the name can match.
    private func run(over name: String) -> [UInt64]? {
        guard !isTooLong else { return nil }
        var state: [UInt64] = Array(repeating: 0, count: words)
        state[0] = 1
        passWildcards(&state)
        let folded = Self.isInbox(name) ? MailboxName.inbox.utf8.count : 0
        for (index, octet) in name.utf8.enumerated() {
            guard advance(&state, over: octet, foldsCase: index < folded) else { return nil }
        }
        return state
    }

    /// - Returns: false when no possibility is left.
    private func advance(_ state: inout [UInt64], over octet: UInt8, foldsCase: Bool) -> Bool {
        let staying = octet == UInt8(ascii: "/") ? stars : wildcards
        var carry: UInt64 = 0
        var any: UInt64 = 0
        for word in 0..<words {
            var accepted = literals[Int(octet) * words + word]
            if foldsCase { accepted |= literals[Int(octet | 0x20) * words + word] }
            let moved = state[word] & accepted
            state[word] = (moved << 1) | carry | (state[word] & staying[word])
            carry = moved >> 63
            any |= state[word]
        }
        passWildcards(&state)
        return any != 0
    }

    /// Wildcards stand for nothing, too. No two stand together.
    private func passWildcards(_ state: inout [UInt64]) {
        var carry: UInt64 = 0
        for word in 0..<words {
            let passed = state[word] & wildcards[word]
            state[word] |= (passed << 1) | carry
            carry = passed >> 63
        }
    }

    private enum Token: Equatable { case octet(UInt8), level, all }

    /// A run of wildcards is one: `*` if it has one, else `%`.
    private static func tokens(_ pattern: String) -> [Token] {
        var tokens: [Token] = []
        for octet in pattern.utf8 {
            switch octet {
            case UInt8(ascii: "*"):
                if tokens.last == .level { tokens.removeLast() }
                if tokens.last != .all { tokens.append(.all) }
            case UInt8(ascii: "%"):
                if tokens.last != .level, tokens.last != .all { tokens.append(.level) }
            default: tokens.append(.octet(octet))
            }
        }
        return tokens
    }

    /// RFC 9051 section 6.3.9: INBOX matches in any case.
    private static func isInbox(_ name: String) -> Bool {
        name == MailboxName.inbox || MailboxName.isInferior(name, of: MailboxName.inbox)
    }
}
