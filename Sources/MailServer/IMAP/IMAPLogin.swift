internal import Authentication

/// A connection before its login, or while an exchange goes on.
final class IMAPLogin {
    var method = "LOGIN"
    var failures = 0
    /// What the client calls itself (RFC 2971).
    var client: String?
}
