internal import IMAP
internal import Transport

/// A command's tagged reply.
struct Completion {
    var status: ReplyStatus
    /// Response code without its brackets: "TRYCREATE", "COPYUID 1 2 3".
    var code: String?
    var text: String
    /// Untagged expunges may not be sent with it (RFC 9051 section 7.5.1).
    var forbidsExpunge = false
    /// Whatever has changed in the selected mailbox goes with it, wanted or not.
    var tellsAll = false

    static func ok(_ text: String, code: String? = nil) -> Completion {
        Completion(status: .ok, code: code, text: text)
    }

    static func no(_ text: String, code: String? = nil) -> Completion {
        Completion(status: .no, code: code, text: text)
    }

    static func bad(_ text: String, code: String? = nil) -> Completion {
        Completion(status: .bad, code: code, text: text)
    }
}

/// How a command's function ends early.
enum CommandFailure: Error {
    case refused(Completion)
    case connection(ConnectionError)

    static func no(_ text: String, code: String? = nil) -> CommandFailure {
        .refused(.no(text, code: code))
    }

    static func bad(_ text: String, code: String? = nil) -> CommandFailure {
        .refused(.bad(text, code: code))
    }
}
