internal import MailModel

internal import class Foundation.JSONDecoder
internal import class Foundation.JSONEncoder
internal import struct Foundation.Data

/// A policy as it is remembered: a line of the cache's file.
struct CachedPolicy: Sendable, Codable {
    /// A policy is kept a minute even if its max_age says less, so that nobody makes us fetch for
    /// each session.
    private static let shortestAge: Int64 = 60

    let domain: String
    /// Of the TXT record that announced it.
    let id: String
    /// Milliseconds since 1970.
    let fetched: Int64
    let policy: MTASTSPolicy

    /// When it stops to be valid (RFC 8461 section 3.2, max_age).
    var expiry: Timestamp {
        Timestamp(milliseconds: fetched + max(policy.maxAge, Self.shortestAge) * 1000)
    }

    /// Whether it is time to fetch it again although its id is the same, so that a policy in use
    /// never expires (RFC 8461 section 3.3): after a day, or half of a shorter life.
    func isDue(_ now: Timestamp) -> Bool {
        let age = now.milliseconds - fetched
        return age >= min(86_400_000, (expiry.milliseconds - fetched) / 2)
    }

    /// One line of JSON with its end.
    func line() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ((try? encoder.encode(self)).map(Array.init) ?? []) + [Octet.lf]
    }

    /// Nil for what is no such line, or has numbers that were never written.
    init?(line: ArraySlice<UInt8>) {
        guard let read = try? JSONDecoder().decode(CachedPolicy.self, from: Data(line)),
            (0...(1 << 53)).contains(read.fetched), (0...MTASTSPolicy.longestAge).contains(read.policy.maxAge)
        else { return nil }
        self = read
    }

    init(domain: String, id: String, fetched: Timestamp, policy: MTASTSPolicy) {
        self.domain = domain
        self.id = id
        self.fetched = fetched.milliseconds
        self.policy = policy
    }
}
