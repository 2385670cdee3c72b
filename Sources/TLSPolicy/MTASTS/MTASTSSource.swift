/// What came of a look-up of the TXT records that announce a policy.
package enum MTASTSAnnouncement: Sendable, Equatable {
    /// Each record with its strings joined.
    case records([String])
    /// The DNS says that there are none.
    case none
    /// The DNS did not answer, or not in a way that can be trusted.
    case unavailable
}

/// Where policies come from: the DNS and the web.
package protocol MTASTSSource: Sendable {
    /// TXT records of a name.
    func text(_ name: String) async -> MTASTSAnnouncement

    /// The policy file of a host, `mta-sts.DOMAIN`, as `PolicyFetcher` fetches it.
    func fetch(_ host: String) async throws(PolicyFetchError) -> [UInt8]
}

/// What MTA-STS says of a domain at this moment.
package struct MTASTSResult: Sendable, Equatable {
    /// The policy to go by; nil when there is none.
    package let policy: MTASTSPolicy?
    /// Why a policy that the DNS announces could not be had, for TLS reports. With a policy, that one
    /// is older and still valid.
    package let failure: TLSResultType?

    package init(policy: MTASTSPolicy?, failure: TLSResultType?) {
        self.policy = policy
        self.failure = failure
    }
}
