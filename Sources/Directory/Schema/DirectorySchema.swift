internal import CLDAP

/// What entries may and must have, as the directory declares it (RFC 4512 section 4.1), read by libldap.
struct DirectorySchema: Sendable {
    struct ObjectClass: Sendable {
        var name: String
        var isStructural: Bool
        /// Names or OIDs, in lower case, as the next two.
        var superiors: [String]
        var must: [String]
        var may: [String]
    }

    struct AttributeType: Sendable {
        var oid: String
        var name: String
        /// The server's own business; no class needs to allow it.
        var isOperational: Bool
    }

    /// By names and OID, in lower case.
    private var classes: [String: ObjectClass] = [:]
    private var attributes: [String: AttributeType] = [:]
    /// Names of the classes that allow an attribute, by its OID.
    private var allowing: [String: [String]] = [:]

    /// Nil when the entry has no definitions that can be read.
    init?(_ entry: DirectoryEntry) {
        for definition in entry["attributeTypes"] { addAttribute(definition) }
        for definition in entry["objectClasses"] { addClass(definition) }
        guard !classes.isEmpty, !attributes.isEmpty else { return nil }
    }

    func objectClass(_ name: String) -> ObjectClass? { classes[name.lowercased()] }

    /// - Parameter description: with or without options, as in `cn;lang-de`.
    func attribute(_ description: String) -> AttributeType? {
        attributes[description.prefix { $0 != ";" }.lowercased()]
    }

    /// Some classes that allow the attribute, by their names.
    func classes(allowing attribute: AttributeType) -> [String] { allowing[attribute.oid] ?? [] }

    // MARK: Reading

    private mutating func addAttribute(_ definition: String) {
        var code: Int32 = 0
        var place: UnsafePointer<CChar>?
        guard let read = ldap_str2attributetype(definition, &code, &place, UInt32(LDAP_SCHEMA_ALLOW_ALL))
        else { return }
        defer { ldap_attributetype_free(read) }
        let names = Self.strings(read.pointee.at_names)
        let oid = Self.string(read.pointee.at_oid)
        let type = AttributeType(
            oid: oid, name: names.first ?? oid,
            isOperational: read.pointee.at_usage != LDAP_SCHEMA_USER_APPLICATIONS)
        for key in names + [oid] { attributes[key.lowercased()] = type }
    }

    /// Attributes must be there already.
    private mutating func addClass(_ definition: String) {
        var code: Int32 = 0
        var place: UnsafePointer<CChar>?
        guard let read = ldap_str2objectclass(definition, &code, &place, UInt32(LDAP_SCHEMA_ALLOW_ALL))
        else { return }
        defer { ldap_objectclass_free(read) }
        let names = Self.strings(read.pointee.oc_names)
        let oid = Self.string(read.pointee.oc_oid)
        let objectClass = ObjectClass(
            name: names.first ?? oid,
            isStructural: read.pointee.oc_kind == LDAP_SCHEMA_STRUCTURAL,
            superiors: Self.strings(read.pointee.oc_sup_oids).map { $0.lowercased() },
            must: Self.strings(read.pointee.oc_at_oids_must).map { $0.lowercased() },
            may: Self.strings(read.pointee.oc_at_oids_may).map { $0.lowercased() })
        for key in names + [oid] { classes[key.lowercased()] = objectClass }
        for name in objectClass.must + objectClass.may {
            if let type = attributes[name] { allowing[type.oid, default: []].append(objectClass.name) }
        }
    }

    private static func strings(_ list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> [String] {
        var strings: [String] = []
        while let next = list?[strings.count] { strings.append(String(cString: next)) }
        return strings
    }

    private static func string(_ text: UnsafeMutablePointer<CChar>?) -> String {
        text.map { String(cString: $0) } ?? ""
    }
}
