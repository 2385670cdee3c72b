import Directory
import Glibc
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

    /// The templates load as they are on top of the samples.
    @Test func templates() async throws {
        let sample = try SampleDirectory()
        for name in [
            "domain", "user", "alias", "group", "catch-all", "user-elsewhere", "routed-domain",
            "intermittent-domain", "distributed-domain",
        ] {
            try ChildProcess.run(
                [
                    "/usr/bin/ldapadd", "-x", "-H", sample.slapd.uri, "-D", sample.slapd.adminDN,
                    "-w", sample.slapd.adminPassword, "-f", "\(root)/ldif/templates/\(name).ldif",
                ], in: sample.slapd.directory)
        }
        let findings = await sample.directory.inspect().filter { $0.severity > .hint }
        #expect(findings.isEmpty, "\(findings)")
        for (text, expected) in [
            ("jane@new.example", "jane@new.example"), ("any@new.example", "jane@new.example"),
            ("juan@new.example", "remote:jdoe17@south.new.example|south.new.example"),
            ("any@routed.example", "domain:any@routed.example"),
            ("any@branch.example", "domain:any@branch.example"),
            ("any@spread.example",
                "ask:any@spread.example|north.spread.example,south.spread.example:2525,"
                    + "lmtp:west.spread.example"),
        ] {
            #expect(await sample.directory.resolve(address(text)).summary == expected, "\(text)")
        }
        await sample.directory.shutDown()
    }

    /// Whether SCRAM makes sense is the schema's to say.
    @Test func attributeOfSecrets() async throws {
        let own = try SampleDirectory(["00-base"])
        #expect(await own.directory.canHoldSecrets() == true)
        await own.directory.shutDown()
        let stock = try SampleDirectory(["00-base", "stock-only"], map: .stock, hasOwnSchema: false)
        #expect(await stock.directory.canHoldSecrets() == false)
        await stock.directory.shutDown()
        var map = AttributeMap.martlet
        map.user.scramSecrets = "1.3.6.1.4.1.4203.1.3.4"
        let byNumber = SampleDirectory.directory(own.slapd, map: map)
        #expect(await byNumber.canHoldSecrets() == true)
        await byNumber.shutDown()
        map.user.scramSecrets = nil
        let none = SampleDirectory.directory(own.slapd, map: map)
        #expect(await none.canHoldSecrets() == false)
        await none.shutDown()
        own.slapd.stop()
        let silent = SampleDirectory.directory(own.slapd)
        #expect(await silent.canHoldSecrets() == nil)
        await silent.shutDown()
    }

    /// Without our schema anywhere.
    @Test func stockOnlyNeedsNoSchemaOfOurs() throws {
        let files = try TemporaryDirectory()
        try TextFile.write(
            Self.stock.map { "include /etc/ldap/schema/\($0).schema\n" }.joined()
                + """
                modulepath /usr/lib/ldap
                moduleload back_mdb
                database mdb
                suffix dc=example,dc=org
                directory \(files.path)

                """, to: "\(files.path)/slapd.conf")
        for name in ["00-base", "stock-only"] {
            try ChildProcess.run(
                [
                    "/usr/sbin/slapadd", "-q", "-f", "\(files.path)/slapd.conf", "-l",
                    "\(root)/ldif/\(name).ldif",
                ], in: files.path)
        }
    }

    /// On a running slapd, as its administrator would, next to what is there already.
    @Test func addedToARunningDirectory() throws {
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

            dn: olcDatabase={0}config,cn=config
            objectClass: olcDatabaseConfig
            olcDatabase: {0}config
            olcRootPW: configuration-secret

            """, to: "\(files.path)/config.ldif")
        let config = "\(files.path)/config"
        try ChildProcess.run(["/usr/bin/mkdir", config], in: files.path)
        try ChildProcess.run(
            ["/usr/sbin/slapadd", "-n0", "-F", config, "-l", "\(files.path)/config.ldif"],
            in: files.path)
        let port = try Loopback.freePort()
        let pid = try ChildProcess.start(
            ["/usr/sbin/slapd", "-h", "ldap://127.0.0.1:\(port)/", "-F", config, "-d", "0"],
            output: "\(files.path)/log")
        defer { ChildProcess.end(pid) }
        for _ in 0..<6000 where try !Loopback.accepts(port: port) { usleep(10_000) }
        try ChildProcess.run(
            [
                "/usr/bin/ldapadd", "-x", "-H", "ldap://127.0.0.1:\(port)", "-D", "cn=config",
                "-w", "configuration-secret", "-f", "\(root)/schema/martlet.ldif",
            ], in: files.path)
    }
}
