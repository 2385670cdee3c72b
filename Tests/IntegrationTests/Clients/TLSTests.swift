import Testing
import TestSupport

/// TLS as `openssl s_client` sees it.
@Suite(.ownThreads) struct TLSTests {
    let server: RunningMartlet
    let authority: String

    init() throws {
        server = try RunningMartlet.shared.get()
        authority = try Certificates.shared.get().authority.certificate
    }

    @Test(arguments: ["mx", "submission", "submissions", "pop3", "pop3s"], ["mail.example.org", "mail.example.net"])
    func certificateByName(_ listener: String, _ name: String) throws {
        let result = try client(listener, ["-servername", name, "-verify_hostname", name])
        #expect(result.status == 0, "\(result)")
        #expect(result.output.contains("subject=CN = \(name)"), "\(result)")
        #expect(result.output.contains("Verification: OK"), "\(result)")
    }

    @Test func withoutANameTheFirstCertificate() throws {
        for arguments in [["-noservername"], ["-servername", "unknown.example"]] {
            let result = try client("pop3s", arguments)
            #expect(result.status == 0 && result.output.contains("subject=CN = mail.example.org"), "\(result)")
        }
    }

    @Test(arguments: [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")], ["mx", "submissions", "pop3s"])
    func versions(_ version: (String, String), _ listener: String) throws {
        let result = try client(listener, [version.0])
        #expect(result.status == 0 && result.output.contains("New, \(version.1), Cipher is "), "\(result)")
    }

    @Test(arguments: [["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], ["-tls1_2", "-cipher", "AES128-SHA"], ["-tls1_2", "-cipher", "aNULL:@SECLEVEL=0"]])
    func whatIsTooWeak(_ arguments: [String]) throws {
        let result = try client("submissions", arguments)
        #expect(result.status != 0 || result.output.contains("Cipher is (NONE)"), "\(result)")
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"], ["submissions", "pop3s", "mx"])
    func resumption(_ version: String, _ listener: String) throws {
        let files = try TemporaryDirectory()
        let first = try client(listener, [version, "-sess_out", files.path + "/session"])
        #expect(first.status == 0, "\(first)")
        let second = try client(listener, [version, "-sess_in", files.path + "/session"])
        #expect(second.status == 0 && second.output.contains("Reused, TLSv1."), "\(second)")
    }

    private func client(_ listener: String, _ arguments: [String]) throws -> Tool.Result {
        let start = ["mx": ["-starttls", "smtp"], "submission": ["-starttls", "smtp"], "pop3": ["-starttls", "pop3"]]
        return try Tool.run(
            [
                "/usr/bin/openssl", "s_client", "-connect", "127.0.0.1:\(server.port(listener))",
                "-CAfile", authority, "-verify_return_error", "-ign_eof",
            ] + (start[listener] ?? []) + arguments,
            input: "NOOP\r\nQUIT\r\n")
    }
}
