import MailModel

/// What a directory stores of a password for SCRAM (RFC 5803):
///
///     authPassword = "SCRAM-SHA-256" "$" iter-count ":" salt "$" StoredKey ":" ServerKey
///
/// with base64 for the salt and the keys, and spaces allowed around the scheme and the dollar
/// signs (RFC 3112). libsasl2's plugin reads the same form but leaks and hesitates over faulty
/// values, so it is only given what was parsed here and written anew.
struct ScramSecret: Equatable, Sendable {
    static let maximumLength = 1024
    static let maximumSaltLength = 256

    let hash: ScramHash
    let iterations: Int
    let salt: [UInt8]
    let storedKey: [UInt8]
    let serverKey: [UInt8]

    init(hash: ScramHash, iterations: Int, salt: [UInt8], storedKey: [UInt8], serverKey: [UInt8]) {
        self.hash = hash
        self.iterations = iterations
        self.salt = salt
        self.storedKey = storedKey
        self.serverKey = serverKey
    }

    /// Nil when the value is of another scheme or not well formed.
    init?(authPassword value: String) {
        guard value.utf8.count <= Self.maximumLength else { return nil }
        let parts = value.split(separator: "$", omittingEmptySubsequences: false).map(Self.trimmed)
        guard parts.count == 3, let hash = ScramHash(rawValue: parts[0].uppercased()),
            let info = Self.pair(parts[1]), let keys = Self.pair(parts[2]),
            let iterations = Int32(info.0), iterations > 0,
            let salt = Base64.decode(info.1.utf8), (1...Self.maximumSaltLength).contains(salt.count),
            let storedKey = Base64.decode(keys.0.utf8), storedKey.count == hash.length,
            let serverKey = Base64.decode(keys.1.utf8), serverKey.count == hash.length
        else { return nil }
        self.init(
            hash: hash, iterations: Int(iterations), salt: salt, storedKey: storedKey,
            serverKey: serverKey)
    }

    /// The form that libsasl2's plugin takes as the property `*authPassword`.
    var authPassword: String {
        "\(hash.rawValue)$\(iterations):\(Base64.encode(salt))"
            + "$\(Base64.encode(storedKey)):\(Base64.encode(serverKey))"
    }

    private static func pair(_ text: Substring) -> (Substring, Substring)? {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        return (text[..<colon], text[text.index(after: colon)...])
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}
