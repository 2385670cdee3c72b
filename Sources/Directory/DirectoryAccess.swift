/// What `Directory` needs of the LDAP client.
package protocol DirectoryAccess: DirectorySearching {
    /// Grows with each connection that searches get: behind a new one there may be another state of the
    /// directory than before.
    var connectionCount: Int { get }
    func bind(dn: String, password: [UInt8]) async -> BindOutcome
    func apply(_ change: DirectoryChange) async -> ChangeOutcome
    func shutDown() async
}

extension DirectoryClient: DirectoryAccess {}
