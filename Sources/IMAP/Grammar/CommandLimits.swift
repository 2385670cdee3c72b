/// How much of a client's commands is held and worked on. What is above a limit is passed over
/// without being kept.
package struct CommandLimits: Sendable {
    /// Octets of a command with its literals, but for messages of APPEND and REPLACE.
    package var maximumCommandLength = 64 * 1024
    /// The same before login.
    package var maximumCommandLengthBeforeLogin = 40 * 1024
    /// Octets of one literal in a command before login (RFC 7888 section 5: LITERAL-).
    package var maximumLiteralBeforeLogin = 4096
    /// Octets of all literals of SETMETADATA, in addition to the command's length.
    package var maximumMetadata = 1024 * 1024
    package var maximumLiterals = 256
    /// Octets of one message.
    package var maximumAppend: UInt64 = 100 * 1024 * 1024
    /// A refused literal that need not be waited for is passed over up to this size; a larger one
    /// ends the connection.
    package var maximumSkipped: UInt64 = 1 << 30
    package var maximumSkippedBeforeLogin: UInt64 = 1024 * 1024
    package var maximumTagLength = 255
    /// Depth of parentheses, NOT, OR and FUZZY.
    package var maximumNesting = 100
    package var maximumSearchKeys = 4000
    /// Elements of any other list, messages of an APPEND, parts of its messages.
    package var maximumListLength = 1000
    package var maximumRanges = 20_000

    package init() {}
}
