import TestSupport
import Testing

/// Both forms of the schema on Debian's slapd, and the samples with and without it.
@Suite struct SchemaTests {
    private let root = SampleDirectory.root
    private static let stock = ["core", "cosine", "inetorgperson", "misc"]

    @Test func slapdConfForm() throws {
        let files = try TemporaryDirectory()
        try TextFile.write(
            Self.stock.map { "include /etc/ldap/schema/\($0).schema\n" }.joined()
                + "include \(root)/schema/martlet.schema\n", to: "\(files.path)/slapd.conf")
        try ChildProcess.run(
            ["/usr/sbin/slaptest", "-u", "-f", "\(files.path)/slapd.conf"], in: files.path)
    }

    @Test func configurationForm() throws {
        let files = try TemporaryDirectory()
        try TextFile.write(
            """
            dn: cn=config
            objectClass: olcGlobal
            cn: config

            dn: cn=schema,cn=config
            objectClass: olcSchemaConfig
            cn: schema

            \(Self.stock.map { "include: file:///etc/ldap/schema/\($0).ldif" }.joined(separator: "\n"))
            include: file://\(root)/schema/martlet.ldif
            """, to: "\(files.path)/config.ldif")
        try ChildProcess.run(["/usr/bin/mkdir", "\(files.path)/config"], in: files.path)
        try ChildProcess.run(
            [
                "/usr/sbin/slapadd", "-n0", "-F", "\(files.path)/config", "-l",
                "\(files.path)/config.ldif",
            ], in: files.path)
    }

    @Test func bothFormsSayTheSame() throws {
        let conf = try TextFile.read("\(root)/schema/martlet.schema").split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.joined(separator: " ")
            .replacing("objectidentifier ", with: "\n").replacing("attributetype ", with: "\n")
            .replacing("objectclass ", with: "\n")
        let config = try TextFile.read("\(root)/schema/martlet.ldif").split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.joined(separator: "\n").replacing("\n ", with: "")
        let values = config.split(separator: "\n").compactMap { line in
            line.hasPrefix("olc") ? line.firstRange(of: ": ").map { line[$0.upperBound...] } : nil
        }
        func words(_ text: some StringProtocol) -> String {
            text.split { $0 == " " || $0 == "\t" || $0 == "\n" }.joined(separator: " ")
        }
        let expected = conf.split(separator: "\n").map { words($0) }.filter { !$0.isEmpty }
        #expect(values.map { words($0) } == expected)
    }

    /// The templates load on top of the samples.
    @Test func templates() throws {
        let sample = try SampleDirectory()
        for name in ["domain", "user", "alias", "group", "catch-all"] {
            let text = try TextFile.read("\(root)/ldif/templates/\(name).ldif")
            let changes = text.split(separator: "\n", omittingEmptySubsequences: false)
                .filter { !$0.hasPrefix("#") }.joined(separator: "\n")
            try sample.slapd.modify(
                changes.contains("changetype")
                    ? changes
                    : changes.replacing("\nobjectClass", with: "\nchangetype: add\nobjectClass", maxReplacements: 1)
                        .replacing("\n\ndn: ou=people,ou=new.example,ou=mail,dc=example,dc=org\n", with: "\n\ndn: ou=people,ou=new.example,ou=mail,dc=example,dc=org\nchangetype: add\n")
                        .replacing("\n\ndn: ou=groups,ou=new.example,ou=mail,dc=example,dc=org\n", with: "\n\ndn: ou=groups,ou=new.example,ou=mail,dc=example,dc=org\nchangetype: add\n"))
        }
    }
}
