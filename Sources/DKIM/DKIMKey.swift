internal import COpenSSL
internal import MailModel

/// A private key with the selector under which its public half stands in the DNS
/// (RFC 6376 section 3.1). May sign on any number of threads at once.
package final class DKIMKey: Sendable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case rsa
        case ed25519
    }

    /// RFC 8301 section 3.2.
    private static let leastBits = 1024
    private static let recommendedBits = 2048
    /// RFC 8301 section 3.2: what every verifier can check.
    private static let mostBits = 4096

    package let selector: String
    package let kind: Kind
    /// Of an RSA key's modulus; 256 for Ed25519.
    package let bits: Int
    /// Used by many threads; OpenSSL counts and locks it. Not changed after `init`.
    private nonisolated(unsafe) let key: OpaquePointer

    /// What the operator should know of a key that is usable nevertheless.
    package var warning: String? {
        guard kind == .rsa else { return nil }
        if bits < Self.recommendedBits {
            return "an RSA key of \(bits) bits is weak; 2048 are recommended (RFC 8301)"
        }
        return bits > Self.mostBits
            ? "an RSA key of \(bits) bits is more than all verifiers can check (4096, RFC 8301)" : nil
    }

    /// - Parameter pem: an unencrypted private key, PKCS#8 or (RSA) PKCS#1.
    package convenience init(pem: [UInt8], selector: String) throws(DKIMError) {
        guard let key = PEM.privateKey(pem) else {
            throw .unusableKey("not an unencrypted private key in PEM")
        }
        try self.init(key, selector: selector)
    }

    /// RSA of 2,048 bits takes a second or so.
    package static func generate(_ kind: Kind, selector: String) throws(DKIMError) -> DKIMKey {
        ERR_clear_error()
        let made =
            switch kind {
            case .rsa: martlet_make_rsa_key(recommendedBits)
            case .ed25519: martlet_make_ed25519_key()
            }
        guard let made else {
            ERR_clear_error()
            throw .unusableKey("libcrypto could not make one")
        }
        return try DKIMKey(made, selector: selector)
    }

    /// Takes over the reference to `key`.
    private init(_ key: OpaquePointer, selector: String) throws(DKIMError) {
        let kind: Kind?
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA: kind = .rsa
        case EVP_PKEY_ED25519: kind = .ed25519
        default: kind = nil
        }
        self.key = key
        self.selector = selector.lowercased()
        self.kind = kind ?? .rsa
        bits = kind == .ed25519 ? 256 : Int(EVP_PKEY_get_bits(key))
        // A class that throws is released as a whole, the key with it.
        guard kind != nil else { throw .unusableKey("neither RSA nor Ed25519") }
        guard kind == .ed25519 || bits >= Self.leastBits else { throw .weakKey(bits: bits) }
        guard DNSName.isValid(selector) else { throw .badName(selector) }
    }

    deinit { EVP_PKEY_free(key) }

    /// PKCS#8, without a passphrase.
    package var pem: [UInt8] { PEM.text(of: key) }

    /// RSA: SubjectPublicKeyInfo (RFC 6376 section 3.6.1). Ed25519: the 32 octets alone (RFC 8463
    /// section 4.2).
    var publicKey: [UInt8] {
        switch kind {
        case .rsa:
            let length = Int(i2d_PUBKEY(key, nil))
            return [UInt8](unsafeUninitializedCapacity: max(length, 0)) { buffer, count in
                var next = buffer.baseAddress
                count = max(0, Int(i2d_PUBKEY(key, &next)))
            }
        case .ed25519:
            return [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
                count = buffer.count
                if EVP_PKEY_get_raw_public_key(key, buffer.baseAddress, &count) != 1 { count = 0 }
            }
        }
    }

    /// Signs a SHA-256 digest: RSASSA-PKCS1-v1_5 (RFC 6376 section 3.3.1), or PureEdDSA over the
    /// digest's octets (RFC 8463 section 3).
    func sign(digest: [UInt8]) throws(DKIMError) -> [UInt8] {
        var length = Int(EVP_PKEY_get_size(key))
        var signature = [UInt8](repeating: 0, count: length)
        let isGood =
            switch kind {
            case .rsa: signRSA(digest, &signature, &length)
            case .ed25519: signPure(digest, &signature, &length)
            }
        guard isGood else {
            ERR_clear_error()
            throw .signingFailed
        }
        signature.removeLast(signature.count - length)
        return signature
    }

    /// PKCS#1 padding is the default of a new context.
    private func signRSA(_ digest: [UInt8], _ signature: inout [UInt8], _ length: inout Int) -> Bool {
        let context = EVP_PKEY_CTX_new(key, nil)
        defer { EVP_PKEY_CTX_free(context) }
        return EVP_PKEY_sign_init(context) == 1
            && EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1
            && EVP_PKEY_sign(context, &signature, &length, digest, digest.count) == 1
    }

    private func signPure(_ digest: [UInt8], _ signature: inout [UInt8], _ length: inout Int) -> Bool {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        return EVP_DigestSignInit(context, nil, nil, nil, key) == 1
            && EVP_DigestSign(context, &signature, &length, digest, digest.count) == 1
    }
}
