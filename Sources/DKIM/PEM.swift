internal import COpenSSL

/// Private keys as text (RFC 7468).
enum PEM {
    /// PKCS#8 or PKCS#1, whichever it is; nil for anything else. The caller frees it.
    static func privateKey(_ text: [UInt8]) -> OpaquePointer? {
        ERR_clear_error()
        defer { ERR_clear_error() }
        return text.withUnsafeBytes { text in
            let bio = BIO_new_mem_buf(text.baseAddress, Int32(text.count))
            defer { BIO_free(bio) }
            return PEM_read_bio_PrivateKey(bio, nil, refusePassphrase, nil)
        }
    }

    /// PKCS#8.
    static func text(of key: OpaquePointer) -> [UInt8] {
        let bio = BIO_new(BIO_s_mem())
        defer { BIO_free(bio) }
        guard PEM_write_bio_PKCS8PrivateKey(bio, key, nil, nil, 0, nil, nil) == 1 else {
            ERR_clear_error()
            return []
        }
        var bytes: UnsafeMutablePointer<CChar>?
        let length = martlet_bio_memory(bio, &bytes)
        return Array(UnsafeRawBufferPointer(start: bytes, count: length))
    }
}

/// Without this OpenSSL would ask for a passphrase on the terminal.
private func refusePassphrase(
    _: UnsafeMutablePointer<CChar>?, _: Int32, _: Int32, _: UnsafeMutableRawPointer?
) -> Int32 {
    -1
}
