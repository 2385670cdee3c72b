/// Why the grammar ended before the command did.
enum ParseFailure: Error {
    case syntax(SyntaxError)
    /// The octets of a literal that has been announced are still to come.
    case needsLiteral
    /// APPEND or REPLACE, which are read piece by piece.
    case isStreamed
}
