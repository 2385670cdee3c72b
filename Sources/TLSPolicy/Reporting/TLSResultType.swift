/// Why a session was not as its policy wants it (RFC 8460 section 4.3).
package enum TLSResultType: String, Sendable, Hashable, Codable, CaseIterable {
    // Negotiation (section 4.3.1).
    case startTLSNotSupported = "starttls-not-supported"
    case certificateHostMismatch = "certificate-host-mismatch"
    case certificateExpired = "certificate-expired"
    case certificateNotTrusted = "certificate-not-trusted"
    case validationFailure = "validation-failure"
    // DANE (section 4.3.2.1).
    case tlsaInvalid = "tlsa-invalid"
    case dnssecInvalid = "dnssec-invalid"
    case daneRequired = "dane-required"
    // MTA-STS (section 4.3.2.2).
    case stsPolicyFetchError = "sts-policy-fetch-error"
    case stsPolicyInvalid = "sts-policy-invalid"
    case stsWebPKIInvalid = "sts-webpki-invalid"
}
