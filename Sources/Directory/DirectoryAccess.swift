/// What `Directory` needs of the LDAP client.
package protocol DirectoryAccess: DirectorySearching {
    func bind(dn: String, password: [UInt8]) async -> BindOutcome
    func apply(_ change: DirectoryChange) async -> ChangeOutcome
    func shutDown() async
}

extension DirectoryClient: DirectoryAccess {}
