import Testing
import TestSupport

/// SASL EXTERNAL: users who prove who they are by a certificate, with curl as their client.
@Suite(.ownThreads) struct CertificateLoginTests {
    private let server: RunningMartlet
    private let authority: String
    private let files: TemporaryDirectory
    private let clients: CertificateAuthority

    init() throws {
        files = try TemporaryDirectory()
        clients = try CertificateAuthority(in: files.path, name: "clients")
        authority = try Certificates.shared.get().authority.certificate
        server = try RunningMartlet(.init(tls: "client_authorities: \(clients.certificate)"))
    }

    @Test func aCertificateIsEnough() throws {
        let alice = try clients.issue("alice", alternativeNames: ["email:alice@example.org"])
        for (scheme, listener) in [("smtp", "submission"), ("smtps", "submissions")] {
            let sent = try Tool.run(
                curl(alice) + [
                    "--mail-from", "alice@example.org", "--mail-rcpt", "alice@example.org",
                    "--upload-file", "-", url(scheme, listener),
                ], input: "From: alice@example.org\r\nSubject: by certificate\r\n\r\nhello\r\n")
            #expect(sent.status == 0, "\(scheme): \(sent)")
        }
        _ = try server.messages(of: SampleUsers.alice)
        for (scheme, listener) in [("pop3", "pop3"), ("pop3s", "pop3s")] {
            let list = try Tool.run(curl(alice) + [url(scheme, listener)])
            #expect(list.status == 0 && list.output.hasPrefix("1 "), "\(scheme): \(list)")
        }
        for (scheme, listener) in [("imap", "imap"), ("imaps", "imaps")] {
            let message = try Tool.run(curl(alice) + [url(scheme, listener) + "INBOX;MAILINDEX=1"])
            #expect(message.output.contains("Subject: by certificate"), "\(scheme): \(message)")
        }
    }

    @Test func whoseCertificateLeadsToNobodyIsRefused() throws {
        // 67: the login was denied.
        let stranger = try clients.issue("stranger", alternativeNames: ["email:nobody@example.org"])
        let refused = try Tool.run(curl(stranger) + [url("imaps", "imaps")])
        #expect(refused.status == 67, "\(refused)")
        // Not one of the administrator's authority: the handshake fails.
        let others = try CertificateAuthority(in: files.path, name: "others")
        let forged = try others.issue("alice-forged", alternativeNames: ["email:alice@example.org"])
        let cut = try Tool.run(curl(forged) + [url("imaps", "imaps")])
        #expect(cut.status != 0 && cut.status != 67, "\(cut)")
        // None at all: EXTERNAL is not on offer.
        let none = try Tool.run(curl(nil) + [url("imaps", "imaps")])
        #expect(none.status == 67, "\(none)")
    }

    private func url(_ scheme: String, _ listener: String) -> String {
        "\(scheme)://mail.example.org:\(server.port(listener))/"
    }

    private func curl(_ certificate: (certificate: String, key: String)?) -> [String] {
        var arguments = [
            "/usr/bin/curl", "--silent", "--show-error", "--max-time", "30", "--cacert", authority,
            "--ssl-reqd", "--login-options", "AUTH=EXTERNAL", "--user", "alice@example.org:",
            "--connect-to", "mail.example.org::127.0.0.1:",
        ]
        if let certificate {
            arguments += ["--cert", certificate.certificate, "--key", certificate.key]
        }
        return arguments
    }
}
