/// What the object classes of an entry make of it (RFC 4512 section 2.4): what it must and may have.
struct EntryShape: Sendable {
    /// OIDs of attribute types.
    private(set) var allowed: Set<String> = []
    private(set) var required: [(attribute: DirectorySchema.AttributeType, by: String)] = []
    /// A class that the entry needs: one that is no addition to others.
    private(set) var hasStructuralClass = false
    /// It may have everything (RFC 4512 section 4.3).
    private(set) var isExtensible = false
    /// Classes that the schema does not have: nothing is certain then.
    private(set) var unknown: [String] = []

    init(_ classes: [String], _ schema: DirectorySchema) {
        var seen: Set<String> = []
        var waiting = classes
        while let name = waiting.popLast() {
            guard let objectClass = schema.objectClass(name) else {
                unknown.append(name)
                continue
            }
            guard seen.insert(objectClass.name).inserted else { continue }
            waiting += objectClass.superiors
            hasStructuralClass = hasStructuralClass || objectClass.isStructural
            isExtensible = isExtensible || objectClass.name == "extensibleObject"
            for attribute in objectClass.must.compactMap({ schema.attribute($0) })
            where !required.contains(where: { $0.attribute.oid == attribute.oid }) {
                required.append((attribute, objectClass.name))
            }
            for attribute in (objectClass.must + objectClass.may).compactMap({ schema.attribute($0) }) {
                allowed.insert(attribute.oid)
            }
        }
    }

    func allows(_ attribute: DirectorySchema.AttributeType) -> Bool {
        attribute.isOperational || isExtensible || !unknown.isEmpty || allowed.contains(attribute.oid)
    }
}
