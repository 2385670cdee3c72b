/// Why a key cannot be used or a message cannot be signed.
package enum DKIMError: Error, Sendable, Equatable {
    /// Not a PEM private key, one with a passphrase, or of a kind that DKIM does not know.
    case unusableKey(String)
    /// RFC 8301 section 3.2: RSA keys of fewer than 1,024 bits are not to be used.
    case weakKey(bits: Int)
    /// Not a name of the DNS in ASCII: selectors and domains (A-labels where internationalised).
    case badName(String)
    case badFile(String, String)
    /// RFC 6376 section 5.4: From must be signed, so it must be there.
    case noFrom
    /// The header holds a line that is no field: verifiers would not agree where the body begins.
    case malformedHeader
    case tooManyFields(limit: Int)
    /// libcrypto failed.
    case signingFailed
}

extension DKIMError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unusableKey(let problem): "no usable DKIM key: \(problem)"
        case .weakKey(let bits): "an RSA key of \(bits) bits is too weak; DKIM needs 1024, better 2048"
        case .badName(let name): "“\(name)” is not a DNS name in ASCII"
        case .badFile(let file, let problem): "\(file): \(problem)"
        case .noFrom: "the message has no From field"
        case .malformedHeader: "the header holds a line that is no field"
        case .tooManyFields(let limit): "more than \(limit) fields would have to be signed"
        case .signingFailed: "libcrypto could not sign"
        }
    }
}
