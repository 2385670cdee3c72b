import NIOCore
import Testing

@testable import Transport

/// STARTTLS, and what is sent in the clear behind it (RFC 3207 section 4.2, CVE-2011-0411).
@Suite struct StartTLSTests {
    private static let greeting = "220 hello\r\n"
    private static let ready = ByteBuffer(string: "220 go ahead\r\n")

    /// Reads one line in the clear, then starts TLS and answers what comes under it.
    private func serve(
        _ context: TLSServerContext, _ reports: Reports
    ) -> @Sendable (Connection) async -> Void {
        { connection in
            do {
                try await connection.write(ByteBuffer(string: Self.greeting))
                var text = ""
                while text.utf8.last != UInt8(ascii: "\n") {
                    guard let bytes = try await connection.read() else { return }
                    text += String(buffer: bytes)
                }
                guard text.hasSuffix("STARTTLS\r\n") else {
                    reports.send("refused")
                    return
                }
                try await connection.startTLS(context, reply: Self.ready, timeout: .seconds(20))
                while let bytes = try await connection.read() {
                    reports.send("under TLS: " + String(buffer: bytes))
                    try await connection.write(bytes)
                }
                reports.send("end")
            } catch ConnectionError.tls {
                reports.send("refused")
            } catch ConnectionError.clearTextAfterStartTLS {
                reports.send("refused")
            } catch {
                reports.send("\(error)")
            }
        }
    }

    private func context() async throws -> (Certificates, TLSServerContext) {
        let certificates = try await Certificates()
        try await certificates.issue(
            "mail", subject: "/CN=mail", alternativeNames: "DNS:mail.example.org")
        let context = try TLSServerContext(
            configuration: TLSConfiguration(certificates: [
                .init(chain: certificates.path("mail.pem"), key: certificates.path("mail.key"))
            ]))
        return (certificates, context)
    }

    @Test func aSessionGoesOnUnderTLS() async throws {
        let (certificates, context) = try await context()
        let reports = Reports()
        try await withListener(serve: serve(context, reports)) { listener in
            let script = """
                import socket, ssl, sys
                s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
                s.recv(100); s.sendall(b"STARTTLS\\r\\n"); s.recv(100)
                t = ssl.create_default_context(cafile=sys.argv[2]).wrap_socket(
                    s, server_hostname="mail.example.org")
                t.sendall(b"EHLO x"); print(t.recv(100).decode()); t.unwrap()
                """
            let output = try await run(
                "python3", ["-c", script, "\(listener.port)", certificates.path("ca.pem")])
            #expect(output == "EHLO x\n")
            #expect(await reports.next() == "under TLS: EHLO x")
            #expect(await reports.next() == "end")
        }
    }

    /// One segment, or two split at each byte, the second sent at once or after the 220. Whatever
    /// the timing, nothing in clear is taken for something said under TLS, and the client hears
    /// no more than the 220 and a TLS alert.
    @Test func clearTextBehindStartTLSIsNeverAnswered() async throws {
        let (_, context) = try await context()
        let attack = Array("STARTTLS\r\nEHLO x\r\nMAIL FROM:<a@b>\r\n".utf8)
        let reports = Reports()
        try await withListener(threads: 2, serve: serve(context, reports)) { listener in
            for split in 0..<attack.count {
                for waits in [false, true] {
                    let received = try await blocking {
                        let client = try TestSocket(port: listener.port)
                        _ = try client.receiveLine()
                        try client.send(attack[..<split])
                        if waits && split == 10 { _ = try client.receiveLine() }
                        try client.send(attack[split...])
                        client.finishSending()
                        return try client.receiveToEnd()
                    }
                    var rest = received[...]
                    if rest.starts(with: Self.ready.readableBytesView) {
                        rest = rest.dropFirst(Self.ready.readableBytes)
                    }
                    #expect(rest.isEmpty || rest.first == 21, "split at \(split)")
                    #expect(await reports.next() == "refused", "split at \(split)")
                }
            }
        }
    }

    /// Bytes that are in the connection's buffer when `startTLS` is called.
    @Test func bufferedClearTextIsRefused() async throws {
        let (_, context) = try await context()
        let reports = Reports()
        let (arrived, signal) = AsyncStream.makeStream(of: Void.self)
        let serve: @Sendable (Connection) async -> Void = { connection in
            do {
                _ = try await connection.read()
                try await connection.write(ByteBuffer(string: "220 go\r\n"))
                // Until the client says that it has sent more, and the loop has read it.
                for await _ in arrived { break }
                while !connection.hasUnreadInput { try await Task.sleep(for: .milliseconds(1)) }
                try await connection.startTLS(context, timeout: .seconds(20))
            } catch {
                reports.send("\(error)")
            }
        }
        try await withListener(serve: serve) { listener in
            try await blocking {
                let client = try TestSocket(port: listener.port)
                try client.send("STARTTLS\r\n")
                _ = try client.receiveLine()
                try client.send("EHLO x\r\n")
                signal.yield()
                #expect(try client.receiveToEnd().isEmpty)
            }
            #expect(await reports.next() == "clearTextAfterStartTLS")
        }
    }
}
