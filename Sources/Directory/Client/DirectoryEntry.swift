/// An attribute of an entry with its values, which are octets until somebody asks for text.
package struct DirectoryAttribute: Hashable, Sendable {
    /// The attribute description as the server or the file spells it, options included.
    package let name: String
    package var values: [[UInt8]]

    package init(_ name: String, values: [[UInt8]]) {
        self.name = name
        self.values = values
    }

    package init(_ name: String, _ values: [String]) {
        self.init(name, values: values.map { Array($0.utf8) })
    }

    /// The values as text; octets that are not UTF-8 become U+FFFD.
    package var strings: [String] { values.map { String(decoding: $0, as: UTF8.self) } }
}

/// An entry that a search found, with the attributes that were asked for.
package struct DirectoryEntry: Hashable, Sendable {
    package let dn: String
    /// In the server's order.
    package let attributes: [DirectoryAttribute]

    package init(dn: String, attributes: [DirectoryAttribute]) {
        self.dn = dn
        self.attributes = attributes
    }

    package init(dn: String, attributes: [String: [String]]) {
        self.init(dn: dn, attributes: attributes.map { DirectoryAttribute($0.key, $0.value) })
    }

    /// The values of an attribute as text; empty when it is absent. Its name's case does not count.
    package subscript(attribute: String) -> [String] {
        self.attribute(attribute)?.strings ?? []
    }

    /// The values of an attribute as they are stored.
    package func bytes(_ attribute: String) -> [[UInt8]] {
        self.attribute(attribute)?.values ?? []
    }

    package func has(_ attribute: String) -> Bool {
        self.attribute(attribute) != nil
    }

    /// Whether the entry is of this object class (or another one of these names).
    package func isOf(class name: String) -> Bool {
        self["objectClass"].contains { $0.equalsIgnoringASCIICase(name) }
    }

    private func attribute(_ name: String) -> DirectoryAttribute? {
        // Entries have few attributes: looking through them beats hashing a lower-cased copy.
        attributes.first { $0.name.equalsIgnoringASCIICase(name) }
    }
}
