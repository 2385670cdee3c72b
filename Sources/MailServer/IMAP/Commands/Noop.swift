internal import IMAP

extension IMAPSession {
    /// NOOP and CHECK (RFC 9051 section 6.1.2, RFC 3501 section 6.4.1): everything is durable anyway,
    /// and what has changed is told after every command.
    func noop() -> Completion { .ok("Done") }
}
