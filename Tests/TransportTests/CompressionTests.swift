import NIOCore
import Testing

@testable import Transport

/// COMPRESS=DEFLATE (RFC 4978).
@Suite struct CompressionTests {
    /// Reads one line in the clear, starts compression behind it, then sends back what comes.
    private func serve(_ reports: Reports) -> @Sendable (Connection) async -> Void {
        { connection in
            do {
                var text = ByteBuffer()
                while !text.readableBytesView.contains(UInt8(ascii: "\n")) {
                    guard var bytes = try await connection.read() else { return }
                    text.writeBuffer(&bytes)
                }
                let line = text.readableBytesView.firstIndex(of: UInt8(ascii: "\n"))! + 1
                text.moveReaderIndex(to: line)
                try await connection.startCompression(
                    reply: ByteBuffer(string: "OK\r\n"), unparsed: text)
                while let bytes = try await connection.read() {
                    try await connection.write(bytes)
                }
                reports.send("end")
            } catch {
                reports.send("\(error)")
            }
        }
    }

    /// Says COMPRESS, then sends what the body makes, and gets the echo.
    private static let client = """
        import socket, ssl, sys, zlib
        s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
        if sys.argv[2]:
            s = ssl.create_default_context(cafile=sys.argv[2]).wrap_socket(
                s, server_hostname="mail.example.org")
        out, into = zlib.compressobj(9, zlib.DEFLATED, -15), zlib.decompressobj(-15)
        def flushed(data):
            return out.compress(data) + out.flush(zlib.Z_SYNC_FLUSH)
        def line():
            got = b""
            while not got.endswith(b"\\n"): got += s.recv(1)
            return got
        def receive(size):
            got = b""
            while len(got) < size:
                data = s.recv(65536)
                if not data: break
                got += into.decompress(data)
            return got

        """

    private func talk(
        _ listener: Listener, _ script: String, authority: String = ""
    ) async throws -> String {
        try await run("python3", ["-c", Self.client + script, "\(listener.port)", authority])
    }

    @Test func bothWaysAreCompressed() async throws {
        let reports = Reports()
        try await withListener(serve: serve(reports)) { listener in
            let output = try await talk(
                listener,
                """
                s.sendall(b"a COMPRESS DEFLATE\\r\\n"); print(line())
                for n in range(50):
                    text = b"b%d NOOP\\r\\n" % n * 20
                    s.sendall(flushed(text)); assert receive(len(text)) == text
                s.shutdown(socket.SHUT_WR); print(s.recv(10))
                """)
            #expect(output == "b'OK\\r\\n'\nb''\n")
            #expect(await reports.next() == "end")
        }
    }

    @Test func compressionIsAboveTLS() async throws {
        let certificates = try await Certificates()
        try await certificates.issue(
            "mail", subject: "/CN=mail", alternativeNames: "DNS:mail.example.org")
        let context = try TLSServerContext(
            configuration: TLSConfiguration(certificates: [
                .init(chain: certificates.path("mail.pem"), key: certificates.path("mail.key"))
            ]))
        let reports = Reports()
        try await withListener(implicitTLS: context, serve: serve(reports)) { listener in
            let output = try await talk(
                listener,
                """
                import os, threading
                s.sendall(b"a COMPRESS DEFLATE\\r\\n"); print(line())
                text = b"NOOP\\r\\n" * 1000 + os.urandom(200000) + bytes(2000000)
                t = threading.Thread(target=lambda: s.sendall(flushed(text))); t.start()
                print(receive(len(text)) == text); t.join(); s.unwrap()
                """, authority: certificates.path("ca.pem"))
            #expect(output == "b'OK\\r\\n'\nTrue\n")
            #expect(await reports.next() == "end")
        }
    }

    /// In the same segment as the command, whether the server's reader has it or not.
    @Test func inputBehindTheCommandIsCompressed() async throws {
        let reports = Reports()
        try await withListener(serve: serve(reports)) { listener in
            let output = try await talk(
                listener,
                """
                s.sendall(b"a COMPRESS DEFLATE\\r\\n" + flushed(b"b NOOP\\r\\n"))
                print(line(), receive(8)); s.sendall(out.flush()); print(s.recv(10))
                """)
            #expect(output == "b'OK\\r\\n' b'b NOOP\\r\\n'\nb''\n")
            #expect(await reports.next() == "end")
        }
    }

    @Test func damagedDataEndsTheConnection() async throws {
        let reports = Reports()
        try await withListener(serve: serve(reports)) { listener in
            let received = try await blocking {
                let client = try TestSocket(port: listener.port)
                try client.send("a COMPRESS DEFLATE\r\n")
                _ = try client.receiveLine()
                // A block of the reserved type 3 (RFC 1951 section 3.2.3).
                try client.send([0xff, 0xff, 0xff, 0xff])
                return try client.receiveToEnd()
            }
            #expect(received.isEmpty)
            #expect(await reports.next() == "compression(\"invalid block type\")")
        }
    }

    /// A thousandfold inflation is given out in pieces, and no more is inflated than is read.
    @Test func aBombWaitsCompressed() async throws {
        let size = 32 << 20
        let reports = Reports()
        let serve: @Sendable (Connection) async -> Void = { connection in
            do {
                _ = try await connection.read()
                try await connection.startCompression(reply: ByteBuffer(string: "OK\r\n"))
                var total = 0
                while total < size, let bytes = try await connection.read() {
                    total += bytes.readableBytes
                    if bytes.storageCapacity > 128 * 1024 { reports.send("too much") }
                }
                reports.send("\(total)")
            } catch {
                reports.send("\(error)")
            }
        }
        try await withListener(serve: serve) { listener in
            _ = try await talk(
                listener,
                """
                s.sendall(b"a COMPRESS DEFLATE\\r\\n"); line()
                s.sendall(flushed(bytes(\(size)))); s.recv(10)
                """)
            #expect(await reports.next() == "\(size)")
        }
    }
}
