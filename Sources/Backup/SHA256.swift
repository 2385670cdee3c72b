internal import COpenSSL

/// SHA-256 of octets that come in parts.
struct SHA256: ~Copyable {
    private let context: OpaquePointer?

    init() {
        context = EVP_MD_CTX_new()
        // Fails without memory only.
        EVP_DigestInit_ex(context, EVP_sha256(), nil)
    }

    deinit { EVP_MD_CTX_free(context) }

    mutating func update(_ octets: UnsafeRawBufferPointer) {
        EVP_DigestUpdate(context, octets.baseAddress, octets.count)
    }

    /// In hexadecimal digits; nothing may follow.
    mutating func finish() -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        EVP_DigestFinal_ex(context, &digest, nil)
        return digest.reduce(into: "") { text, octet in
            text += (octet < 16 ? "0" : "") + String(octet, radix: 16)
        }
    }
}
