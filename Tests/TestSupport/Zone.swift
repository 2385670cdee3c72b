/// A zone that a `NameServer` serves.
package struct Zone: Sendable {
    /// Without a dot at the end; "." for the root.
    package let name: String
    /// Records in master file format (RFC 1035 section 5), names relative to the zone. SOA and NS
    /// records of the zone itself are added, and a TTL of a minute.
    package let text: String
    package let isSigned: Bool
    /// What stands in the zone's file is replaced after it was signed, so that signatures are
    /// wrong: `["192.0.2.66": "192.0.2.67"]`.
    package let forgeries: [String: String]

    package init(
        name: String, text: String, isSigned: Bool = false, forgeries: [String: String] = [:]
    ) {
        self.name = name
        self.text = text
        self.isSigned = isSigned
        self.forgeries = forgeries
    }

    var origin: String { name == "." ? "." : name + "." }

    var masterFile: String {
        """
        $ORIGIN \(origin)
        $TTL 60
        @ IN SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 60
        @ IN NS ns.invalid.
        \(text)

        """
    }
}
