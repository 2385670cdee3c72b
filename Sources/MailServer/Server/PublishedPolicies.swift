internal import DNS
internal import TLSPolicy

/// Where MTA-STS policies come from: our resolver, and the policy host by HTTPS.
struct PublishedPolicies: MTASTSSource {
    let dns: DNSResolver
    let fetcher: PolicyFetcher

    func text(_ name: String) async -> MTASTSAnnouncement {
        switch await dns.texts(of: name) {
        case .texts(let texts, _): .records(texts)
        case .none: .none
        case .failure: .unavailable
        }
    }

    func fetch(_ host: String) async throws(PolicyFetchError) -> [UInt8] {
        var addresses: [String] = []
        if case .found(let found, _, _) = await dns.addresses(of: host, .all) { addresses = found }
        return try await fetcher.fetch(host: host, addresses: addresses)
    }
}
