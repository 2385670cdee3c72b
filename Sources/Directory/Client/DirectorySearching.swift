/// Whatever answers searches: the LDAP client, a cache before it, a test's table.
package protocol DirectorySearching: Sendable {
    /// `notFound` when nothing matched, or when the base entry itself was asked for and does not
    /// exist. A missing base under any wider scope is `unavailable`: an emptied or half-configured
    /// directory must not turn every recipient into an unknown one.
    func search(_ request: SearchRequest) async -> Lookup<[DirectoryEntry]>
}
