import Glibc
import Testing
import TestSupport

@Suite(.ownThreads) struct DKIMCommandTests {
    private let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    private func martlet(_ arguments: String...) throws -> Tool.Result {
        try Tool.run([try RunningMartlet.binary(), "dkim"] + arguments)
    }

    @Test(arguments: [("rsa", "( \"v=DKIM1; k=rsa; p=MIIBIjAN"), ("ed25519", "\"v=DKIM1; k=ed25519; p=")])
    func makesAKeyAndItsRecord(_ type: String, _ text: String) throws {
        let file = files.path + "/key.pem"
        let made = try martlet(
            "create", "--type", type, "--domain", "Example.org", "--selector", "s2026", "--out", file)
        #expect(made.status == 0, "\(made)")
        #expect(made.output.contains("s2026._domainkey.example.org. IN TXT \(text)"), "\(made)")
        var status = stat()
        #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
        let record = try martlet("record", "--key", file, "--domain", "example.org", "--selector", "s2026")
        #expect(record.status == 0 && made.output.hasSuffix(record.output), "\(record)")
        let json = try martlet(
            "record", "--json", "--key", file, "--domain", "example.org", "--selector", "s2026")
        #expect(json.output.contains("\"name\" : \"s2026._domainkey.example.org\""), "\(json)")

        let before = try TextFile.read(file)
        let again = try martlet("create", "--domain", "example.org", "--selector", "t", "--out", file)
        #expect(again.status == 1 && again.output.contains("File exists"), "\(again)")
        #expect(try TextFile.read(file) == before)
    }

    @Test func saysWhatIsWrong() throws {
        let weak = files.path + "/weak.pem"
        try ChildProcess.run(["/usr/bin/openssl", "genrsa", "-out", weak, "1024"], in: files.path)
        let record = try martlet("record", "--key", weak, "--domain", "example.org", "--selector", "s")
        #expect(record.status == 0 && record.output.contains("1024 bits is weak"), "\(record)")
        let out = files.path + "/new.pem"
        for (domain, selector, status, said) in [
            ("example.org", "a b", 1, "“a b” is not a DNS name"),
            ("bad domain", "s", 1, "“bad domain” is not a DNS name"),
        ] {
            let result = try martlet("create", "--domain", domain, "--selector", selector, "--out", out)
            #expect(result.status == Int32(status) && result.output.contains(said), "\(result)")
            #expect(access(out, F_OK) != 0)
        }
        let type = try martlet("create", "--type", "dsa", "--domain", "a.b", "--selector", "s", "--out", out)
        #expect(type.status == 64, "\(type)")
        let missing = try martlet("record", "--key", out, "--domain", "a.b", "--selector", "s")
        #expect(missing.status == 1 && missing.output.contains("No such file"), "\(missing)")
    }
}
