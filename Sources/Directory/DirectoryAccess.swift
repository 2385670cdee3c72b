/// What `Directory` needs of the LDAP client.
package protocol DirectoryAccess: DirectorySearching {
    func bind(dn: String, password: [UInt8]) async -> BindOutcome
    func shutDown() async
}

extension DirectoryClient: DirectoryAccess {}
