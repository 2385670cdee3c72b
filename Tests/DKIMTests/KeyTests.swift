import DKIM
import Glibc
import MailModel
import Testing
import TestSupport

@Suite struct KeyTests {
    /// Arguments of the openssl command, and the key that comes of it.
    @Test(arguments: [
        (["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], DKIMKey.Kind.rsa, 2048),
        (["genrsa", "-traditional", "2048"], .rsa, 2048),
        (["genrsa", "1024"], .rsa, 1024),
        (["genpkey", "-algorithm", "ED25519"], .ed25519, 256),
    ])
    func readsWhatOpenSSLWrites(_ arguments: [String], kind: DKIMKey.Kind, bits: Int) throws {
        let made = try openssl(arguments)
        let key = try DKIMKey(file: made.file, selector: "S2026")
        #expect(key.kind == kind)
        #expect(key.bits == bits)
        #expect(key.selector == "s2026")
        #expect((key.warning != nil) == (bits == 1024))
        let again = try DKIMKey(pem: key.pem, selector: "s2026")
        #expect(again.record == key.record)
    }

    @Test func refusesWhatIsNotFitForUse() throws {
        let weak = try openssl(["genrsa", "768"])
        #expect(throws: DKIMError.weakKey(bits: 768)) { try DKIMKey(file: weak.file, selector: "s") }
        for arguments in [
            ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            ["genpkey", "-algorithm", "ED25519", "-aes256", "-pass", "pass:secret"],
            ["genpkey", "-algorithm", "X25519"],
        ] {
            let made = try openssl(arguments)
            #expect {
                try DKIMKey(file: made.file, selector: "s")
            } throws: { error in
                if case DKIMError.unusableKey = error { true } else { false }
            }
        }
        for text in ["", "garbage", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            #expect(throws: DKIMError.self) { try DKIMKey(pem: Array(text.utf8), selector: "s") }
        }
        #expect(throws: DKIMError.badFile("/nowhere/key", "No such file or directory")) {
            try DKIMKey(file: "/nowhere/key", selector: "s")
        }
        #expect(throws: DKIMError.badFile("/dev/zero", "too large for a PEM file")) {
            try DKIMKey(file: "/dev/zero", selector: "s")
        }
    }

    @Test(arguments: [
        ("s", true), ("2026.east", true), ("a_b-c", true), ("", false), (".a", false), ("a..b", false),
        ("a b", false), ("a;b", false), ("-a", false), ("a\r\nX: y", false), ("ä", false),
        (String(repeating: "a", count: 64), false),
    ])
    func selectors(_ selector: String, isGood: Bool) throws {
        if isGood {
            #expect(try DKIMKey.generate(.ed25519, selector: selector).selector == selector)
        } else {
            #expect(throws: DKIMError.badName(selector)) {
                try DKIMKey.generate(.ed25519, selector: selector)
            }
        }
    }

    /// RFC 8463 appendix A.2.
    @Test func exampleOfRFC8463() throws {
        let key = try DKIMKey(pem: SampleKeys.rfc8463, selector: "brisbane")
        #expect(key.record == "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
        #expect(
            try key.zoneLine(domain: "Football.example.com")
                == "brisbane._domainkey.football.example.com. IN TXT \"\(key.record)\"")
    }

    @Test func longRecordsAreSplit() throws {
        let key = try DKIMKey.generate(.rsa, selector: "s2026")
        #expect(key.bits == 2048)
        #expect(key.recordStrings.count == 2)
        #expect(key.recordStrings.allSatisfy { $0.utf8.count <= 255 })
        #expect(key.recordStrings.joined() == key.record)
        #expect(key.record.hasPrefix("v=DKIM1; k=rsa; p=MIIBIjAN"))
        let line = try key.zoneLine(domain: "example.org")
        #expect(line.hasPrefix("s2026._domainkey.example.org. IN TXT ( \"v=DKIM1; "))
        #expect(line.hasSuffix("\" )"))
    }

    private func openssl(_ arguments: [String]) throws -> (directory: TemporaryDirectory, file: String) {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/key.pem"
        // genrsa takes the size last.
        let output = ["-out", file]
        try ChildProcess.run(
            ["/usr/bin/openssl", arguments[0]] + output + arguments.dropFirst(), in: directory.path)
        return (directory, file)
    }
}
