import NIOCore
import Testing

@testable import Transport

/// Servers that know nothing newer than TLS 1.2, by Python's ssl module.
@Suite struct OldServerTests {
    private static let patience = Duration.seconds(20)

    /// Tells each client, one after the other, its tls-unique binding and whether it has resumed.
    private static let server = """
        import socket, ssl, sys
        chain, key, ciphers = sys.argv[1:]
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        c.set_ciphers(ciphers)
        c.minimum_version = c.maximum_version = ssl.TLSVersion.TLSv1_2
        c.load_cert_chain(chain, key)
        s = socket.create_server(("127.0.0.1", 0))
        print(s.getsockname()[1], flush=True)
        while True:
            a, _ = s.accept()
            a.settimeout(20)
            try:
                t = c.wrap_socket(a, server_side=True)
                unique = t.get_channel_binding("tls-unique").hex()
                t.sendall(f"{unique} {t.session_reused} {t.cipher()[0]}".encode())
                t.unwrap()
            except OSError:
                a.close()
        """

    /// What the server tells, what we know.
    private func told(
        _ connector: Connector, _ peer: PeerProcess, _ client: TLSClientContext,
        _ verification: PeerVerification
    ) async throws -> (String, String) {
        try await connector.run(to: peer.endpoint, timeout: Self.patience) { connection in
            do throws(ConnectionError) {
                try await connection.startTLS(
                    client, serverName: "mx.example.org", verification: verification,
                    timeout: Self.patience)
                let line = try await connection.read().map { String(buffer: $0) } ?? ""
                guard let tls = connection.tls, tls.version == .v12 else { return (line, "") }
                let unique = (tls.channelBinding(.unique) ?? []).map {
                    String($0 >> 4, radix: 16) + String($0 & 15, radix: 16)
                }
                let known = "\(unique.joined()) \(tls.isResumed ? "True" : "False") \(tls.cipher)"
                return (line, known)
            } catch .certificate(let problem) {
                return ("", "\(problem.kind)")
            } catch {
                return ("", error.reason)
            }
        }
    }

    @Test func sessionsResume() async throws {
        let certificates = try await Certificates()
        try await certificates.issue(
            "mail", subject: "/CN=mail", alternativeNames: "DNS:mx.example.org")
        let peer = try await PeerProcess(
            python: Self.server, certificates.path("mail.pem"), certificates.path("mail.key"),
            "ECDHE+AESGCM")
        let client = try TLSClientContext(
            configuration: TLSClientConfiguration(authorities: certificates.path("ca.pem")))
        try await withConnector(serve: echo) { connector, _ in
            for (demand, isResumed) in [
                (PeerVerification.names(["mx.example.org"]), "False"),
                (.names(["mx.example.org"]), "True"), (.none, "False"), (.none, "True"),
            ] {
                let (line, known) = try await told(connector, peer, client, demand)
                #expect(line == known)
                #expect(line.contains(" \(isResumed) "))
            }
        }
    }

    /// A short key and a cipher without forward secrecy: better than clear text, but no proof.
    @Test func weakServersAreEncryptedToAndNotTrusted() async throws {
        let certificates = try await Certificates()
        try await certificates.issue(
            "weak", subject: "/CN=weak", alternativeNames: "DNS:mx.example.org", key: ["rsa:1024"])
        let peer = try await PeerProcess(
            python: Self.server, certificates.path("weak.pem"), certificates.path("weak.key"),
            "AES128-SHA:@SECLEVEL=0")
        let client = try TLSClientContext(
            configuration: TLSClientConfiguration(authorities: certificates.path("ca.pem")))
        try await withConnector(serve: echo) { connector, _ in
            let (line, known) = try await told(connector, peer, client, .none)
            #expect(line == known && line.hasSuffix(" AES128-SHA"))
            let (_, problem) = try await told(
                connector, peer, client, .names(["mx.example.org"]))
            #expect(problem == "notTrusted")
        }
    }
}
