internal import NIOCore

/// The client's side of a login at a home server, by lines and without any I/O: from the greeting to
/// the reply to AUTH PLAIN (RFC 4616).
protocol HomeDialogue {
    /// A line of the server's, without its end.
    mutating func take(_ line: String, _ output: inout ByteBuffer) -> HomeStep

    /// After `.startTLS`.
    mutating func tlsEstablished(_ output: inout ByteBuffer)
}

enum HomeStep {
    /// Send the output, if there is any, and read on.
    case read
    case startTLS
    /// What the client is to be told: capabilities (IMAP), or the words behind "+OK" (POP3).
    case loggedIn(String)
    case failed(HomeFailure)
}
