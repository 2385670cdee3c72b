extension Directory {
    /// Whether the directory's schema lets entries have SCRAM secrets.
    ///
    /// Nil when that is not known: the directory does not answer, or its schema may not be read.
    package func canHoldSecrets() async -> Bool? {
        guard let attribute = configuration.resolver.attributeMap.user.scramSecrets else { return false }
        let schema = await Self.lookUp { () async throws(DirectoryFault) in
            try await Subschema.read(client).entry.flatMap { DirectorySchema($0) }
        }
        guard case .found(let schema) = schema else { return nil }
        return schema.attribute(attribute) != nil
    }
}
