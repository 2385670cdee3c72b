internal import NIOCore

/// The rest of a command that was refused.
struct Skipping: Sendable {
    /// Octets of a literal.
    var literal: UInt64 = 0
    var honorsLiterals = true
    /// The session waits for `.abandoned`.
    var isAbandoning = false
}

/// Passing over what was refused, up to the end of the command: the line after its last literal, or
/// a literal that the client won't send, for it waits for a "+" that does not come.
extension CommandReader {
    /// Octets of a line's end that show whether it announces a literal.
    private static let longestHead = 32

    /// - Parameter literal: what the octets consumed announce at their end.
    /// - Returns: why the connection has to end, if it has.
    mutating func passOver(
        _ literal: LiteralHead?, consuming count: Int, isAbandoning: Bool = false
    ) -> SyntaxError? {
        consume(count)
        guard let literal, !literal.isSynchronizing else {
            state = .command
            if isAbandoning { events.append(.appending(.abandoned)) }
            return nil
        }
        let most = isLoggedIn ? limits.maximumSkipped : limits.maximumSkippedBeforeLogin
        guard literal.size <= most else {
            state = .ended
            input = ByteBuffer()
            return SyntaxError(.overLimit, "literal too large")
        }
        state = .skipping(Skipping(literal: literal.size, isAbandoning: isAbandoning))
        return nil
    }

    /// Passes over the line that has begun, and the literals before it that are still to come.
    mutating func passOverLine(isAbandoning: Bool = false) {
        let missing = max(0, lineStart - input.readableBytes)
        input.moveReaderIndex(forwardBy: min(lineStart, input.readableBytes))
        searched = max(0, searched - lineStart)
        lineStart = 0
        state = .skipping(Skipping(literal: UInt64(missing), isAbandoning: isAbandoning))
    }

    /// - Returns: false when more octets are needed.
    mutating func skip(_ skipping: Skipping) -> Bool {
        var skipping = skipping
        if skipping.literal > 0 {
            let count = Int(min(UInt64(input.readableBytes), skipping.literal))
            consume(count)
            skipping.literal -= UInt64(count)
            state = .skipping(skipping)
            if skipping.literal > 0 { return false }
        }
        guard let lineFeed = lineFeed() else {
            let excess = input.readableBytes - Self.longestHead
            if excess > 0 {
                consume(excess)
                searched = input.readableBytes
            }
            return false
        }
        let literal = skipping.honorsLiterals ? literalHead(at: lineFeed) : nil
        if let error = passOver(literal, consuming: lineFeed + 1, isAbandoning: skipping.isAbandoning) {
            events.append(.fatal(error))
        }
        return true
    }
}
