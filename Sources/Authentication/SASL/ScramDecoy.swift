/// Secrets that no password fits, for logins that don't exist or have none of the mechanism. The
/// salt and the iteration count are the same each time, as a real account's are (RFC 5802
/// section 9 leaves this to servers).
struct ScramDecoy: Sendable {
    private let digest: KeyedDigest
    private let iterations: Int
    private let saltLength: Int

    init(_ configuration: AuthenticationConfiguration) {
        digest = configuration.decoyKey.map(KeyedDigest.init(key:)) ?? KeyedDigest()
        iterations = configuration.decoyIterations
        saltLength = min(max(configuration.decoySaltLength, 1), 32)
    }

    func secret(_ hash: ScramHash, login: String) -> ScramSecret {
        let salt = digest.bytes(of: Array("\(hash.rawValue)\0\(login.lowercased())".utf8))
        return ScramSecret(
            hash: hash, iterations: iterations, salt: Array(salt.prefix(saltLength)),
            storedKey: SecureRandom.bytes(hash.length), serverKey: SecureRandom.bytes(hash.length))
    }
}
