import COpenSSL

/// Reads what we need from an X509 object; none of these keeps it.
enum CertificateReader {
    static func dnsNames(_ certificate: OpaquePointer) -> [String] {
        let names = alternativeNames(certificate, type: GEN_DNS)
        if !names.isEmpty { return names.map { $0.lowercased() } }
        let subject = X509_get_subject_name(certificate)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
            let length = X509_NAME_get_text_by_NID(
                subject, NID_commonName, text.baseAddress, Int32(text.count))
            return length > 0 ? [String(cString: text.baseAddress!).lowercased()] : []
        }
    }

    static func emails(_ certificate: OpaquePointer) -> [String] {
        alternativeNames(certificate, type: GEN_EMAIL)
    }

    /// A name with a NUL inside is left out: it would read as another to a C program.
    private static func alternativeNames(_ certificate: OpaquePointer, type: Int32) -> [String] {
        guard let raw = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else {
            return []
        }
        let names = OpaquePointer(raw)
        defer { GENERAL_NAMES_free(names) }
        return (0..<martlet_general_names_count(names)).compactMap { index in
            var length: Int32 = 0
            guard let bytes = martlet_general_name(names, index, type, &length) else { return nil }
            let text = UnsafeBufferPointer(start: bytes, count: Int(length))
            guard !text.contains(0) else { return nil }
            return String(validating: text, as: UTF8.self)
        }
    }

    /// The subject as an RFC 4514 string.
    static func subject(_ certificate: OpaquePointer) -> String {
        text(of: X509_get_subject_name(certificate))
    }

    /// The issuer as an RFC 4514 string.
    static func issuer(_ certificate: OpaquePointer) -> String {
        text(of: X509_get_issuer_name(certificate))
    }

    private static func text(of name: OpaquePointer?) -> String {
        guard let name, let bio = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(bio) }
        guard martlet_print_rfc4514_name(bio, name) >= 0 else { return "" }
        var bytes: UnsafeMutablePointer<CChar>?
        let length = martlet_bio_memory(bio, &bytes)
        return String(
            decoding: UnsafeRawBufferPointer(start: bytes, count: length), as: UTF8.self)
    }

    static func der(_ certificate: OpaquePointer) -> [UInt8] {
        let length = Int(i2d_X509(certificate, nil))
        guard length > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            var next = buffer.baseAddress
            count = Int(i2d_X509(certificate, &next))
        }
    }

    /// RFC 5929 section 4.1: the certificate's hash by the hash function of its signature, but
    /// SHA-256 in place of MD5 and SHA-1.
    static func endPointBinding(_ certificate: OpaquePointer) -> [UInt8]? {
        var hash: Int32 = NID_undef
        guard X509_get_signature_info(certificate, &hash, nil, nil, nil) == 1 else {
            ERR_clear_error()
            return nil
        }
        if hash == NID_md5 || hash == NID_sha1 {
            hash = NID_sha256
        }
        guard hash != NID_undef, let digest = EVP_get_digestbyname(OBJ_nid2sn(hash)) else {
            return nil
        }
        return [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { buffer, count in
            var length: UInt32 = 0
            let isGood = X509_digest(certificate, digest, buffer.baseAddress, &length) == 1
            count = isGood ? Int(length) : 0
        }
    }

    static func validityProblem(_ certificate: OpaquePointer) -> String? {
        if X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0 {
            return "the certificate has expired"
        }
        if X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0 {
            return "the certificate is not valid yet"
        }
        return nil
    }
}
