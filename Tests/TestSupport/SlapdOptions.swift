/// How a test wants its directory.
package struct SlapdOptions: Sendable {
    package var base = "dc=example,dc=org"
    /// Entries below (or with) the base; the base entry itself is added when `addsBase` is set.
    package var ldif = ""
    package var addsBase = true
    /// The repository's schema beside the stock ones.
    package var hasOwnSchema = true
    /// The ppolicy overlay, its default policy `cn=default,ou=policies,<base>`, which the LDIF
    /// must hold.
    package var hasPasswordPolicy = false
    /// StartTLS and an `ldaps://` listener, with certificates of the directory's own authority.
    package var hasTLS = false
    /// More lines for slapd.conf: global ones, and the database's.
    package var globalConfiguration = ""
    package var databaseConfiguration = ""

    package init(ldif: String = "") {
        self.ldif = ldif
    }
}
