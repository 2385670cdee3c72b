extension Directory {
    /// Whether the user may start the queue of this domain: when its entry names the user, or a
    /// group that the user is in, as a retriever. In which way is in the domain's `retrieval`.
    /// Asked each time. Not found when the directory has no such domain.
    package func mayRetrieve(domain name: String, _ account: Account) async -> Lookup<Bool> {
        await Self.lookUp { () async throws(DirectoryFault) in
            try await resolver.mayRetrieve(domain: name.lowercased(), account)
        }
    }

    /// The domains whose queue the user may start, their aliases too, by name; empty when there
    /// are none.
    package func retrievableDomains(by account: Account) async -> Lookup<[MailDomain]> {
        await Self.lookUp { () async throws(DirectoryFault) in
            try await resolver.retrievableDomains(by: account)
        }
    }
}
