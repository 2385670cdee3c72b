/// A service that a directory may allow a user or not.
package enum Service: String, Hashable, Sendable, Codable, CaseIterable {
    case smtp, pop3, imap
}
