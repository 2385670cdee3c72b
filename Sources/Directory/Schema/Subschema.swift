/// The entry that has the directory's schema (RFC 4512 section 4.2).
enum Subschema {
    /// - Returns: its name, and the entry with `objectClasses` and `attributeTypes`; nil when the reader
    ///   may not see it.
    static func read(
        _ source: any DirectorySearching
    ) async throws(DirectoryFault) -> (name: String, entry: DirectoryEntry?) {
        let root = try await search(
            source, SearchRequest(entry: "", attributes: ["subschemaSubentry"]))
        let name = root?["subschemaSubentry"].first ?? "cn=Subschema"
        let entry = try await search(
            source,
            SearchRequest(
                entry: name, filter: .equal("objectClass", "subschema"),
                attributes: ["objectClasses", "attributeTypes"]))
        return (name, entry)
    }

    private static func search(
        _ source: any DirectorySearching, _ request: SearchRequest
    ) async throws(DirectoryFault) -> DirectoryEntry? {
        switch await source.search(request) {
        case .found(let entries): return entries.first
        case .notFound: return nil
        case .unavailable(let fault): throw fault
        }
    }
}
