/// Certificates and what clients may negotiate.
package struct TLSSettings: Sendable {
    package struct Certificate: Sendable {
        /// PEM files: the certificate followed by its chain, and its key.
        package var chain: String
        package var key: String
    }

    /// The first is for clients that name no host; the others are chosen by the names in them.
    package var certificates: [Certificate]
    package var minimumIsTLS13: Bool
    /// PEM file of the authorities whose client certificates may log in (SASL EXTERNAL).
    package var clientAuthorities: String?

    init(_ section: ConfigurationSection) {
        certificates = section.sections("certificates").map { entry in
            let chain = entry.requiredString("chain", "a PEM file: the certificate, then its chain")
            let key = entry.string("key") ?? chain
            entry.finish()
            return Certificate(chain: entry.absolute(chain), key: entry.absolute(key))
        }
        if certificates.isEmpty {
            section.problem(
                "certificates", "is missing; expected a list of {chain: FILE, key: FILE}")
        }
        minimumIsTLS13 =
            section.choice("minimum_version", ["1.2": false, "1.3": true]) ?? false
        clientAuthorities = section.path("client_authorities")
        section.finish()
    }
}
