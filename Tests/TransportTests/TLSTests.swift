import NIOCore
import Testing

@testable import Transport

/// Clients are Python's ssl module and openssl s_client. The server says on one line what it knows
/// of the session.
@Suite struct TLSTests {
    private static let prelude = """
        import socket, ssl, sys, hashlib
        port, dir = int(sys.argv[1]), sys.argv[2]
        def context(version=None):
            c = ssl.create_default_context(cafile=dir + "/ca.pem")
            if version: c.minimum_version = c.maximum_version = version
            return c
        def connect(c, name="mail.example.org", session=None):
            s = socket.create_connection(("127.0.0.1", port), 20)
            return c.wrap_socket(s, server_hostname=name, session=session)
        V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
        def line(t):
            text = b""
            while not text.endswith(b"\\n"):
                more = t.recv(4096)
                if not more: break
                text += more
            return text.decode().strip()

        """

    private func python(
        _ script: String, _ listener: Listener, _ certificates: Certificates
    ) async throws -> [String] {
        let output = try await run(
            "python3", ["-c", Self.prelude + script, "\(listener.port)", certificates.directory])
        return output.split(separator: "\n").map(String.init)
    }

    private static func hex(_ bytes: [UInt8]?) -> String {
        guard let bytes else { return "none" }
        return bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private static let describe: @Sendable (Connection) async -> Void = { connection in
        await tell(connection)
        await echo(connection)
    }

    private static let tell: @Sendable (Connection) async -> Void = { connection in
        guard let tls = connection.tls else { return }
        let text = [
            tls.version.rawValue, tls.serverName ?? "none", "\(tls.isResumed)", tls.cipher,
            hex(tls.channelBinding(.unique)), hex(tls.channelBinding(.serverEndPoint)),
            hex(tls.channelBinding(.exporter)),
            tls.clientCertificate.map { "\($0.subject);\($0.emails.joined(separator: ","))" }
                ?? "none",
        ].joined(separator: " ")
        try? await connection.write(ByteBuffer(string: text + "\n"))
    }

    private func files(_ certificates: Certificates, _ names: String...) -> TLSConfiguration {
        TLSConfiguration(
            certificates: names.map {
                .init(chain: certificates.path("\($0).pem"), key: certificates.path("\($0).key"))
            })
    }

    private func standard() async throws -> (Certificates, TLSConfiguration) {
        let certificates = try await Certificates()
        try await certificates.issue(
            "mail", subject: "/CN=mail", alternativeNames: "DNS:mail.example.org")
        return (certificates, files(certificates, "mail"))
    }

    @Test func bothVersionsWithBindings() async throws {
        let (certificates, configuration) = try await standard()
        let context = try TLSServerContext(configuration: configuration)
        let lines = try await withListener(
            threads: 2, implicitTLS: context, serve: Self.describe
        ) { listener in
            try await python(
                """
                for v in (V12, V13):
                    t = connect(context(v))
                    unique = t.get_channel_binding("tls-unique").hex() if v == V12 else "none"
                    print(line(t)); print(t.version(), unique)
                    t.sendall(b"x" * 300000 + b"\\n")
                    n = 0
                    while n < 300001: n += len(t.recv(65536))
                """, listener, certificates)
        }
        let digest = try await certificates.digest("mail")
        for index in [0, 2] {
            let told = lines[index].split(separator: " ")
            #expect("\(told[0]) \(told[4])" == lines[index + 1])
            #expect(told[1] == "mail.example.org")
            #expect(told[2] == "false")
            #expect(told[5] == digest)
            #expect(told[6].count == 64)
        }
    }

    @Test func exporterEqualsTheClients() async throws {
        let (certificates, configuration) = try await standard()
        let context = try TLSServerContext(configuration: configuration)
        let output = try await withListener(implicitTLS: context, serve: Self.tell) {
            // s_client ends when the server does, whatever becomes of its input.
            try await run(
                "sh",
                [
                    "-c",
                    """
                    openssl s_client -connect 127.0.0.1:\($0.port) -tls1_3 -ign_eof \
                    -CAfile \(certificates.path("ca.pem")) \
                    -keymatexport EXPORTER-Channel-Binding -keymatexportlen 32 2>/dev/null
                    """,
                ])
        }
        let told = output.split(separator: "\n").first { $0.hasPrefix("TLSv1.3 ") }
        let exported = output.split(separator: "\n").first { $0.contains("Keying material: ") }
        let key = try #require(exported?.split(separator: " ").last).lowercased()
        #expect(try #require(told).contains(key))
    }

    @Test func theServerNameChoosesTheCertificate() async throws {
        let (certificates, _) = try await standard()
        try await certificates.issue(
            "two", subject: "/CN=two", alternativeNames: "DNS:mx.example.net,DNS:*.example.net",
            key: ["rsa:2048"])
        let context = try TLSServerContext(configuration: files(certificates, "mail", "two"))
        let lines = try await withListener(implicitTLS: context, serve: Self.describe) {
            try await python(
                """
                for v in (V12, V13):
                    for name in ("mail.example.org", "mx.example.net", "IMAP.example.net",
                                 "a.b.example.net", "unknown.example"):
                        c = context(v); c.check_hostname = False
                        t = connect(c, name)
                        print(hashlib.sha256(t.getpeercert(True)).hexdigest(), line(t).split()[5])
                """, $0, certificates)
        }
        let one = try await certificates.digest("mail")
        let two = try await certificates.digest("two")
        let expected = [one, two, two, one, one].map { "\($0) \($0)" }
        #expect(lines == expected + expected)
    }

    @Test func sessionsResumeAcrossAReload() async throws {
        let (certificates, configuration) = try await standard()
        let context = try TLSServerContext(configuration: configuration)
        let old = try await certificates.digest("mail")
        #expect(try !context.reload())
        // The session asks for the reload between two connections of one client.
        let serve: @Sendable (Connection) async -> Void = { connection in
            guard let bytes = try? await connection.read() else { return }
            if bytes.readableBytesView.first == UInt8(ascii: "R") {
                try? await certificates.issue(
                    "mail", subject: "/CN=new", alternativeNames: "DNS:mail.example.org")
                let changed = try? context.reload()
                try? await connection.write(ByteBuffer(string: "\(changed ?? false)\n"))
            }
            await Self.describe(connection)
        }
        let lines = try await withListener(implicitTLS: context, serve: serve) {
            try await python(
                """
                kept = connect(context()); kept.sendall(b"hello\\n"); line(kept)
                for v in (V12, V13):
                    c = context(v)
                    t = connect(c); t.sendall(b"hello\\n"); line(t)
                    session = t.session
                    r = connect(c); r.sendall(b"R\\n"); print(line(r))
                    t = connect(c, session=session); t.sendall(b"hello\\n")
                    unique = t.get_channel_binding("tls-unique").hex() if v == V12 else "none"
                    print(line(t), t.session_reused, unique)
                f = connect(context()); f.sendall(b"hello\\n"); line(f)
                print(hashlib.sha256(f.getpeercert(True)).hexdigest())
                kept.sendall(b"still here\\n"); print(line(kept))
                """, $0, certificates)
        }
        let fresh = try await certificates.digest("mail")
        #expect(fresh != old)
        #expect(lines[0].hasPrefix("true"))
        for index in [1, 3] {
            let words = lines[index].split(separator: " ").map(String.init)
            #expect(words[2] == "true")
            #expect(words[8] == "True")
            #expect(words[4] == words[9])
        }
        // The client knows us by the certificate of its first connection.
        #expect(lines[1].contains(old))
        #expect(lines[4] == fresh)
        #expect(lines[5] == "still here")
    }

    @Test func clientCertificatesAreOptionalButVerified() async throws {
        var (certificates, configuration) = try await standard()
        try await certificates.issue(
            "alice", subject: "/O=Example/CN=Alice", alternativeNames: "email:alice@example.org")
        let stranger = try await Certificates()
        try await stranger.issue(
            "mallory", subject: "/CN=Mallory", alternativeNames: "email:alice@example.org")
        configuration.clientCertificates = .optional(caFile: certificates.path("ca.pem"))
        let context = try TLSServerContext(configuration: configuration)
        let lines = try await withListener(implicitTLS: context, serve: Self.describe) {
            try await python(
                """
                for v in (V12, V13):
                    print(line(connect(context(v))).split()[-1])
                    c = context(v); c.load_cert_chain(dir + "/alice.pem", dir + "/alice.key")
                    print(line(connect(c)).split()[-1])
                    c = context(v)
                    c.load_cert_chain("\(stranger.directory)/mallory.pem", "\(stranger.directory)/mallory.key")
                    try: print(line(connect(c)) or "nothing")
                    except OSError: print("refused")
                """, $0, certificates)
        }
        let expected = ["none", "CN=Alice,O=Example;alice@example.org", "refused"]
        #expect(lines == expected + expected)
    }

    @Test func aSilentClientIsDropped() async throws {
        let (certificates, configuration) = try await standard()
        let context = try withExtendedLifetime(certificates) {
            try TLSServerContext(configuration: configuration)
        }
        try await withListener(
            implicitTLS: context, tlsHandshakeTimeout: .milliseconds(10), serve: Self.describe
        ) { listener in
            let received = try await blocking {
                try TestSocket(port: listener.port).receiveToEnd()
            }
            #expect(received.isEmpty)
        }
    }

    @Test func noiseInsteadOfAHandshakeEndsTheConnection() async throws {
        let (certificates, configuration) = try await standard()
        let context = try withExtendedLifetime(certificates) {
            try TLSServerContext(configuration: configuration)
        }
        try await withListener(implicitTLS: context, serve: Self.describe) { listener in
            try await blocking {
                let client = try TestSocket(port: listener.port)
                try client.send("EHLO clear.example.org\r\n")
                let bytes = try client.receiveToEnd()
                // A fatal alert at most (RFC 8446 section 6.2).
                #expect(bytes.isEmpty || bytes[0] == 21)
            }
        }
    }
}
