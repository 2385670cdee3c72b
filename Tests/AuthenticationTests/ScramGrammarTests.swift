import Testing

@testable import Authentication

@Suite struct ScramGrammarTests {
    @Test(arguments: [
        ("n,,n=user,r=abc", "user", nil, ScramClientFirst.BindingFlag.unsupported, "n,,"),
        ("y,,n=user,r=abc", "user", nil, .notOffered, "y,,"),
        ("p=tls-exporter,,n=user,r=abc", "user", nil, .used("tls-exporter"), "p=tls-exporter,,"),
        ("n,a=bob,n=user,r=abc", "user", "bob", .unsupported, "n,a=bob,"),
        ("n,a=b=2Cb,n=u=3D=2C,r=abc,x=1", "u=,", "b,b", .unsupported, "n,a=b=2Cb,"),
        ("n,,n=üser,r=abc", "üser", nil, .unsupported, "n,,"),
    ])
    func clientFirst(
        text: String, login: String, authorizationID: String?,
        flag: ScramClientFirst.BindingFlag, header: String
    ) throws {
        let first = try #require(ScramClientFirst(Array(text.utf8)))
        #expect(first.login == login)
        #expect(first.authorizationID == authorizationID)
        #expect(first.flag == flag)
        #expect(first.gs2Header == Array(header.utf8))
    }

    @Test(arguments: [
        "", "n", "n,,", "n,,n=user", "x,,n=user,r=abc", "nn,,n=user,r=abc", "p,,n=user,r=abc",
        "p=,,n=user,r=abc", "n,b=x,n=user,r=abc", "n,a=,n=user,r=abc", "n,,n=,r=abc",
        "n,,m=ext,n=user,r=abc", "n,,n=us=er,r=abc", "n,,n=us=2,r=abc", "n,,n=us=2c,r=abc",
        "n,,n=us\0er,r=abc", "n,,n=" + String(repeating: "a", count: 2048) + ",r=abc",
    ])
    func notClientFirst(text: String) {
        #expect(ScramClientFirst(Array(text.utf8)) == nil)
    }

    @Test func loginThatIsNotUTF8() {
        #expect(ScramClientFirst(Array("n,,n=".utf8) + [0xff, 0xfe] + Array(",r=abc".utf8)) == nil)
    }

    static let keys = "$qrvM3e7/qrvM3e7/qrvM3e7/qqs=:qrvM3e7/qrvM3e7/qrvM3e7/qqs="

    @Test(arguments: [
        "SCRAM-SHA-1$4096:c2FsdA==" + keys,
        "scram-sha-1$4096:c2FsdA==" + keys,
        " SCRAM-SHA-1 $ 4096:c2FsdA== $ qrvM3e7/qrvM3e7/qrvM3e7/qqs=:qrvM3e7/qrvM3e7/qrvM3e7/qqs= ",
    ])
    func secret(text: String) throws {
        let secret = try #require(ScramSecret(authPassword: text))
        #expect(secret.hash == .sha1)
        #expect(secret.iterations == 4096)
        #expect(secret.salt == Array("salt".utf8))
        #expect(secret.authPassword == "SCRAM-SHA-1$4096:c2FsdA==" + Self.keys)
    }

    @Test(arguments: [
        "", "{SSHA}abc", "SCRAM-SHA-1", "SCRAM-SHA-1$4096:c2FsdA==", "MD5$4096:c2FsdA==" + keys,
        "SCRAM-SHA-256$4096:c2FsdA==" + keys, "SCRAM-SHA-1$0:c2FsdA==" + keys,
        "SCRAM-SHA-1$-1:c2FsdA==" + keys, "SCRAM-SHA-1$99999999999:c2FsdA==" + keys,
        "SCRAM-SHA-1$4096:" + keys, "SCRAM-SHA-1$4096:!!!!" + keys,
        "SCRAM-SHA-1$4096:c2FsdA==$AAAA:AAAA",
        "SCRAM-SHA-1$4096:" + String(repeating: "AAAA", count: 300) + keys,
    ])
    func notSecret(text: String) {
        #expect(ScramSecret(authPassword: text) == nil)
    }

    /// RFC 7677 section 3's example: what the test's own client computes is what the RFC says.
    @Test func exampleOfTheRFC() throws {
        var client = ScramClient()
        client.login = "user"
        client.password = "pencil"
        client.nonce = "rOprNGfwEbeRWgbNEkqO"
        let (message, expected) = try #require(
            client.final(
                "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                    + "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"))
        #expect(message.hasSuffix("p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="))
        #expect(expected == "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
    }
}
