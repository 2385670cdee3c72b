/// Where the grammar of APPEND stands.
enum AppendPosition: Sendable {
    /// At the command's tag.
    case start
    /// Behind the mailbox, or a whole message.
    case message
    /// At a part of CATENATE.
    case part
    /// Behind a part of CATENATE.
    case partEnd
    /// Behind the literal of UTF8 (…), perhaps within CATENATE.
    case utf8End(isPart: Bool)
    /// Behind the literal that is a message.
    case literalEnd
}

/// What is known of the APPEND or REPLACE that is being read.
struct AppendProgress: Sendable {
    var tag: String?
    /// REPLACE has one message.
    var isReplace = false
    var messages = 0
    var parts = 0
    /// Octets of the present message.
    var size: UInt64 = 0
    /// `.append` was returned, and what ends it was not.
    private(set) var isOpen = false

    mutating func note(_ event: ReaderEvent) {
        switch event {
        case .append: isOpen = true
        case .appending(.finished), .appending(.abandoned), .appending(.failed): isOpen = false
        case .command, .sendContinuation, .appending, .line, .invalid, .fatal: break
        }
    }
}
