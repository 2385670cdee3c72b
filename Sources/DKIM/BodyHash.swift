internal import COpenSSL

/// SHA-256 of octets as they come. Short pieces are gathered: a call into libcrypto costs as much
/// as hashing a hundred octets.
struct BodyHash: ~Copyable {
    private static let gatheredOctets = 4096
    private static let longPiece = 1024

    private let context = EVP_MD_CTX_new()
    private let gathered = UnsafeMutableRawBufferPointer.allocate(
        byteCount: gatheredOctets, alignment: 16)
    private var count = 0

    init() {
        precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "libcrypto has no SHA-256")
    }

    deinit {
        EVP_MD_CTX_free(context)
        gathered.deallocate()
    }

    mutating func update(_ piece: UnsafeRawBufferPointer) {
        if count + piece.count > Self.gatheredOctets || piece.count > Self.longPiece { flush() }
        guard piece.count <= Self.longPiece else {
            EVP_DigestUpdate(context, piece.baseAddress, piece.count)
            return
        }
        guard let source = piece.baseAddress else { return }
        (gathered.baseAddress! + count).copyMemory(from: source, byteCount: piece.count)
        count += piece.count
    }

    mutating func update(_ octet: UInt8) {
        if count == Self.gatheredOctets { flush() }
        gathered[count] = octet
        count += 1
    }

    mutating func finish() -> [UInt8] {
        flush()
        return [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
            EVP_DigestFinal_ex(context, digest.baseAddress, nil)
            count = 32
        }
    }

    private mutating func flush() {
        EVP_DigestUpdate(context, gathered.baseAddress, count)
        count = 0
    }

    static func digest(of octets: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
            EVP_Digest(octets, octets.count, digest.baseAddress, nil, EVP_sha256(), nil)
            count = 32
        }
    }
}
