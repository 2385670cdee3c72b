import COpenSSL

/// Random bytes for keys, from libcrypto.
enum SecureRandom {
    static func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        // Without randomness no key is a key: there is nothing to go on with.
        precondition(RAND_bytes(&bytes, Int32(count)) == 1, "libcrypto has no random bytes")
        return bytes
    }
}

/// HMAC-SHA-256 under a key of this process, so that tables which remember passwords hold nothing
/// that could be tried against a dictionary once it left the process.
struct KeyedDigest: Sendable {
    /// 256 bits. Random to anyone without the key, so it hashes as itself.
    struct Value: Hashable, Sendable {
        let words: (UInt64, UInt64, UInt64, UInt64)

        static func == (one: Value, other: Value) -> Bool { one.words == other.words }
        func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
    }

    private let key: martlet_hmac_key

    /// - Parameter key: at most 64 octets.
    init(key: [UInt8] = SecureRandom.bytes(32)) {
        self.key = martlet_hmac_sha256_key(key, key.count)
    }

    func bytes(of message: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: value(of: message).words) { Array($0) }
    }

    func value(of message: [UInt8]) -> Value {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { output in
            martlet_hmac_sha256(
                key, message, message.count,
                output.baseAddress!.assumingMemoryBound(to: UInt8.self))
        }
        return Value(words: words)
    }
}
