import COpenSSL
import Glibc

/// A PEM file's bytes. They are kept, so that a reload can tell whether a file has changed.
struct PEMFile: Sendable, Equatable {
    /// Far more than any chain or CA bundle needs.
    private static let sizeLimit = 4 << 20

    let path: String
    private let bytes: [UInt8]

    init(_ path: String) throws(TLSConfigurationError) {
        self.path = path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.systemError(path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while true {
            var count = 0
            bytes += [UInt8](unsafeUninitializedCapacity: 16384) { chunk, initialized in
                count = Glibc.read(descriptor, chunk.baseAddress, chunk.count)
                initialized = max(count, 0)
            }
            guard count >= 0 else { throw Self.systemError(path) }
            if count == 0 { break }
            guard bytes.count <= Self.sizeLimit else {
                throw TLSConfigurationError(file: path, problem: "too large for a PEM file")
            }
        }
        self.bytes = bytes
    }

    private static func systemError(_ path: String) -> TLSConfigurationError {
        TLSConfigurationError(file: path, problem: String(cString: strerror(errno)))
    }

    func error(_ problem: String) -> TLSConfigurationError {
        TLSConfigurationError(file: path, problem: problem)
    }

    /// All certificates in the file, in order; at least one. The caller frees them.
    func certificates() throws(TLSConfigurationError) -> [OpaquePointer] {
        ERR_clear_error()
        var found: [OpaquePointer] = []
        let end = withBIO { bio in
            while let certificate = PEM_read_bio_X509(bio, nil, refusePassphrase, nil) {
                found.append(certificate)
            }
            return ERR_peek_last_error()
        }
        guard martlet_is_end_of_pem(end) == 1 else {
            found.forEach(X509_free)
            throw error("not a PEM certificate: \(OpenSSLError.takeReason())")
        }
        ERR_clear_error()
        guard !found.isEmpty else { throw error("holds no PEM certificate") }
        return found
    }

    /// The caller frees it.
    func privateKey() throws(TLSConfigurationError) -> OpaquePointer {
        ERR_clear_error()
        let key = withBIO { PEM_read_bio_PrivateKey($0, nil, refusePassphrase, nil) }
        guard let key else {
            throw error("holds no usable unencrypted PEM private key: \(OpenSSLError.takeReason())")
        }
        return key
    }

    private func withBIO<Result>(_ body: (OpaquePointer?) -> Result) -> Result {
        bytes.withUnsafeBytes { bytes in
            let bio = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
            defer { BIO_free(bio) }
            return body(bio)
        }
    }

    func digest() -> [UInt8] {
        SHA256Digest.of(bytes)
    }
}

/// Without this OpenSSL would ask for a passphrase on the terminal.
private func refusePassphrase(
    _: UnsafeMutablePointer<CChar>?, _: Int32, _: Int32, _: UnsafeMutableRawPointer?
) -> Int32 {
    -1
}

package enum SHA256Digest {
    /// 32 octets.
    package static func of(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
            var length: UInt32 = 0
            EVP_Digest(bytes, bytes.count, digest.baseAddress, &length, EVP_sha256(), nil)
            count = Int(length)
        }
    }
}
