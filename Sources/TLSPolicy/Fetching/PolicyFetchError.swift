/// Why a policy file could not be fetched (RFC 8461 section 3.3).
package enum PolicyFetchError: Error, Sendable, Equatable {
    /// The host has no address, or the DNS does not answer.
    case noAddress
    /// Too many wait already, or the server is stopping.
    case busy
    case timedOut
    /// The certificate is not one for this host from an authority that we trust.
    case untrusted(String)
    /// Anything but 200. Redirections are not followed.
    case status(Int)
    /// Not text/plain.
    case contentType(String)
    case tooLarge
    case failed(String)

    /// As reports name it (RFC 8460 section 4.3.2.2).
    package var resultType: TLSResultType {
        if case .untrusted = self { .stsWebPKIInvalid } else { .stsPolicyFetchError }
    }
}

extension PolicyFetchError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noAddress: "no address of the policy host is known"
        case .busy: "too many policies are being fetched"
        case .timedOut: "the policy host took too long"
        case .untrusted(let reason): "the policy host's certificate: \(reason)"
        case .status(let status): "the policy host answered with status \(status)"
        case .contentType(let type): "the policy is “\(type)”, not text/plain"
        case .tooLarge: "the policy is too large"
        case .failed(let reason): "the policy host: \(reason)"
        }
    }
}
