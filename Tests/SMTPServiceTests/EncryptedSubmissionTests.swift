import Dispatch
import SMTP
import TestSupport
import Testing
import Transport

@testable import MailServer

/// With curl as the client.
@Suite(.timeLimit(.minutes(20))) struct EncryptedSubmissionTests {
    @Test func submitsOverStartTLS() async throws {
        let directory = try TemporaryDirectory()
        let authority = try CertificateAuthority(in: directory.path)
        let files = try authority.issue("mail")
        let tls = try TLSServerContext(
            configuration: TLSConfiguration(
                certificates: [.init(chain: files.certificate, key: files.key)]))
        let service = try await RunningService(
            SMTPServiceSettings(hostname: "mail.example.org", role: .submission), tls: tls)
        let message = directory.path + "/message"
        try TextFile.write("From: alice@example.org\r\nSubject: s\r\n\r\n.body\r\n", to: message)
        let arguments = [
            "/usr/bin/curl", "--silent", "--show-error", "--ssl-reqd", "--cacert",
            authority.certificate, "--url", "smtp://127.0.0.1:\(service.listener.port)/client.example",
            "--user", "alice:secret", "--mail-from", "alice@example.org", "--mail-rcpt",
            "someone@elsewhere.example", "--upload-file", message,
        ]
        let result = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    returning: Result { try ChildProcess.run(arguments, in: directory.path) })
            }
        }
        _ = try result.get()
        let text = try #require(try await service.queue(1).first?.text)
        #expect(text.hasPrefix("Received: from client.example ([127.0.0.1])\r\n"))
        #expect(text.contains("\tby mail.example.org with ESMTPSA (TLSv1.3 TLS_"))
        #expect(text.hasSuffix("\r\n\r\n.body\r\n"))
        try await service.stop()
    }
}
