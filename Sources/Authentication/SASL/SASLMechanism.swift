/// The mechanisms that can be offered, in order of preference. CRAM-MD5, DIGEST-MD5, NTLM and
/// their like need passwords in the clear on the server, and ANONYMOUS is nobody: never.
package enum SASLMechanism: String, Sendable, CaseIterable, Codable {
    case external = "EXTERNAL"
    case scramSHA512Plus = "SCRAM-SHA-512-PLUS"
    case scramSHA256Plus = "SCRAM-SHA-256-PLUS"
    case scramSHA1Plus = "SCRAM-SHA-1-PLUS"
    case scramSHA512 = "SCRAM-SHA-512"
    case scramSHA256 = "SCRAM-SHA-256"
    case scramSHA1 = "SCRAM-SHA-1"
    case plain = "PLAIN"
    case login = "LOGIN"

    /// Names are compared without regard to case (RFC 4422 section 3.1 has upper case only, but
    /// SMTP and IMAP clients write both).
    package init?(named name: String) {
        guard name.utf8.count <= 20 else { return nil }
        self.init(rawValue: name.uppercased())
    }

    /// The password itself crosses the connection.
    package var sendsPassword: Bool { self == .plain || self == .login }

    package var bindsChannel: Bool {
        switch self {
        case .scramSHA512Plus, .scramSHA256Plus, .scramSHA1Plus: true
        default: false
        }
    }

    package var scramHash: ScramHash? {
        switch self {
        case .scramSHA512, .scramSHA512Plus: .sha512
        case .scramSHA256, .scramSHA256Plus: .sha256
        case .scramSHA1, .scramSHA1Plus: .sha1
        case .plain, .login, .external: nil
        }
    }
}

/// The hash functions of the SCRAM family (RFC 5802, RFC 7677).
package enum ScramHash: String, Sendable, CaseIterable {
    case sha512 = "SCRAM-SHA-512"
    case sha256 = "SCRAM-SHA-256"
    case sha1 = "SCRAM-SHA-1"

    /// Octets of a key.
    var length: Int {
        switch self {
        case .sha512: 64
        case .sha256: 32
        case .sha1: 20
        }
    }

    var plus: SASLMechanism {
        switch self {
        case .sha512: .scramSHA512Plus
        case .sha256: .scramSHA256Plus
        case .sha1: .scramSHA1Plus
        }
    }
}
