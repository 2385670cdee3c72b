internal import Glibc

/// Whom to ask, and within which limits.
package struct DNSConfiguration: Sendable {
    /// Recursive name servers, `192.0.2.1`, `127.0.0.1@5353`, `::1@53`; all are used, the quicker
    /// ones more often. Empty: those of `/etc/resolv.conf`.
    package var servers: [String] = []
    /// Keys to begin validation with, as DS or DNSKEY records. Nil: the root zone's from
    /// `rootAnchorFiles`; without either everything is insecure.
    package var trustAnchorFile: String?
    /// DNSSEC validation. The servers must pass signatures on: behind one that strips them every
    /// signed name is bogus, so it can be switched off.
    package var validates = true
    /// How long an answer to one question is waited for. Longer look-ups ask two in a row.
    package var timeout: Duration = .seconds(10)
    /// Questions that libunbound works on at a time; ten times as many may wait, the rest is
    /// refused.
    package var maximumOutstanding = 1000
    /// For answers that are remembered as long as their time to live says, in octets.
    package var cacheBytes = 16 << 20

    package init() {}

    package init(servers: [String], trustAnchorFile: String? = nil) {
        self.servers = servers
        self.trustAnchorFile = trustAnchorFile
    }

    /// The root zone's keys where Debian's dns-root-data and unbound put them.
    package var rootAnchorFiles = ["/usr/share/dns/root.key", "/var/lib/unbound/root.key"]

    /// The keys that validation begins with. Nil: there are none, so everything is insecure.
    package var anchorFile: String? {
        guard validates else { return nil }
        return trustAnchorFile ?? rootAnchorFiles.first { access($0, R_OK) == 0 }
    }
}
