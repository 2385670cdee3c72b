import Glibc

/// Writes slapd.conf.
struct SlapdConfiguration {
    let options: SlapdOptions
    let directory: String
    let tls: (authority: String, certificate: String, key: String)?

    static let adminPassword = "test-admin-secret"

    var adminDN: String { "cn=admin,\(options.base)" }

    func text() -> String {
        let schemas = ["core", "cosine", "inetorgperson", "misc"].map { "/etc/ldap/schema/\($0).schema" }
        return """
            \((schemas + ownSchema).map { "include \($0)" }.joined(separator: "\n"))
            modulepath /usr/lib/ldap
            moduleload back_mdb
            moduleload back_monitor
            \(options.hasPasswordPolicy ? "moduleload ppolicy" : "")
            pidfile \(directory)/slapd.pid
            \(tlsLines)
            authz-regexp "gidNumber=.*,cn=peercred,cn=external,cn=auth" "\(adminDN)"
            authz-regexp "uid=([^,]*),cn=[^,]*,cn=auth" "uid=$1,ou=people,\(options.base)"
            \(options.globalConfiguration)
            access to attrs=userPassword by anonymous auth by * none
            access to * by * read

            database mdb
            suffix "\(options.base)"
            rootdn "\(adminDN)"
            rootpw \(Self.adminPassword)
            directory \(directory)/db
            maxsize 268435456
            dbnosync
            index objectClass,uid,mail eq
            \(options.hasPasswordPolicy ? policyLines : "")
            \(options.databaseConfiguration)

            database monitor

            """
    }

    private var tlsLines: String {
        guard let tls else { return "" }
        return """
            TLSCACertificateFile \(tls.authority)
            TLSCertificateFile \(tls.certificate)
            TLSCertificateKeyFile \(tls.key)
            """
    }

    private var policyLines: String {
        """
        overlay ppolicy
        ppolicy_default "cn=default,ou=policies,\(options.base)"
        ppolicy_use_lockout
        """
    }

    /// The repository's own schema, if it is there.
    private var ownSchema: [String] {
        guard options.hasOwnSchema, let here = realpath(#filePath, nil) else { return [] }
        defer { free(here) }
        let root = String(cString: here).split(separator: "/").dropLast(3).joined(separator: "/")
        let schema = "/\(root)/schema/martlet.schema"
        return access(schema, R_OK) == 0 ? [schema] : []
    }
}
