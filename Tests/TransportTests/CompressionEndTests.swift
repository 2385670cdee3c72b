import NIOCore
import Testing

@testable import Transport

/// The end of COMPRESS=DEFLATE, for UNAUTHENTICATE (RFC 8437 section 4.1).
@Suite struct CompressionEndTests {
    /// Echoes lines; COMPRESS and STOP begin and end compression with their reply.
    private func serve(_ reports: Reports) -> @Sendable (Connection) async -> Void {
        { connection in
            do {
                var text = ByteBuffer()
                while var bytes = try await connection.read() {
                    text.writeBuffer(&bytes)
                    while let end = text.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                        let line = text.readSlice(length: end + 1 - text.readerIndex)!
                        switch String(buffer: line) {
                        case "COMPRESS\r\n":
                            try await connection.startCompression(
                                reply: ByteBuffer(string: "OK\r\n"), unparsed: text)
                            text = ByteBuffer()
                        case "STOP\r\n":
                            try await connection.stopCompression(reply: ByteBuffer(string: "OK\r\n"))
                        default: try await connection.write(line)
                        }
                    }
                }
                reports.send("end")
            } catch {
                reports.send("\(error)")
            }
        }
    }

    private static let client = """
        import os, socket, ssl, sys, zlib
        s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if sys.argv[2]:
            s = ssl.create_default_context(cafile=sys.argv[2]).wrap_socket(
                s, server_hostname="mail.example.org")
        def line():
            got = b""
            while not got.endswith(b"\\n"):
                data = s.recv(1)
                if not data: return got + b"|"
                got += data
            return got
        def say(text):
            s.sendall(text); return line()
        def start(level=9):
            global out, into
            assert say(b"COMPRESS\\r\\n") == b"OK\\r\\n"
            out, into = zlib.compressobj(level, zlib.DEFLATED, -15), zlib.decompressobj(-15)
        def packed(data, flush=zlib.Z_SYNC_FLUSH):
            return out.compress(data) + out.flush(flush)
        def inflated(end):
            got = b""
            while not got.endswith(end): got += into.decompress(s.recv(1))
            return got
        # Its last octets may follow the line's.
        def inflatedToEnd():
            got = b""
            while not into.eof: got += into.decompress(s.recv(1))
            return got

        """

    private func talk(_ script: String, isTLS: Bool = false) async throws -> (String, String?) {
        let reports = Reports()
        let certificates = try await Certificates()
        var context: TLSServerContext?
        if isTLS {
            try await certificates.issue(
                "mail", subject: "/CN=mail", alternativeNames: "DNS:mail.example.org")
            context = try TLSServerContext(
                configuration: TLSConfiguration(certificates: [
                    .init(chain: certificates.path("mail.pem"), key: certificates.path("mail.key"))
                ]))
        }
        var result = ("", String?.none)
        try await withListener(implicitTLS: context, serve: serve(reports)) { listener in
            result.0 = try await run(
                "python3",
                [
                    "-c", Self.client + script, "\(listener.port)",
                    isTLS ? certificates.path("ca.pem") : "",
                ])
            result.1 = await reports.next()
        }
        return result
    }

    /// Whether the client ends its stream or only flushes it, and whatever comes in one packet:
    /// what is behind is clear, and compression can begin anew.
    @Test(arguments: [false, true])
    func whatFollowsIsInClear(isTLS: Bool) async throws {
        let result = try await talk(
            """
            for level in 0, 1, 9:
                for flush in zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_FINISH:
                    for behind in b"", b"clear %d\\r\\n" % level:
                        start(level)
                        s.sendall(packed(b"a\\r\\n")); assert inflated(b"\\n") == b"a\\r\\n"
                        s.sendall(packed(b"STOP\\r\\n", flush) + behind)
                        assert inflatedToEnd() == b"OK\\r\\n"
                        if behind: assert line() == behind
                        assert say(b"more\\r\\n") == b"more\\r\\n"
            print("done"); s.close()
            """, isTLS: isTLS)
        #expect(result == ("done\n", "end"))
    }

    /// Octet by octet, so that the line is whole before the end of the stream is there.
    @Test func theEndMayComeLate() async throws {
        let result = try await talk(
            """
            import time
            def slowly(data):
                for n in range(len(data)): s.sendall(data[n:n+1]); time.sleep(0.002)
            for ending in b"", b"\\x03\\0", b"\\x01\\0\\0\\xff\\xff":
                start()
                slowly(packed(b"STOP\\r\\n") + ending + b"clear\\r\\n")
                assert inflatedToEnd() == b"OK\\r\\n"; assert line() == b"clear\\r\\n"
            start()
            slowly(packed(b"STOP\\r\\n", zlib.Z_FINISH) + b"clear\\r\\n")
            assert inflatedToEnd() == b"OK\\r\\n"; assert line() == b"clear\\r\\n"
            print("done"); s.close()
            """)
        #expect(result == ("done\n", "end"))
    }

    /// Many commands flushed one by one in one packet, as before.
    @Test func flushesInOnePacketAreReadOn() async throws {
        let result = try await talk(
            """
            start()
            lines = [b"line %d\\r\\n" % n * 10 for n in range(500)]
            s.sendall(b"".join(map(packed, lines))); want = b"".join(lines); got = b""
            while len(got) < len(want): got += into.decompress(s.recv(65536))
            assert got == want
            s.sendall(packed(b"STOP\\r\\n") + b"clear\\r\\n")
            assert inflatedToEnd() == b"OK\\r\\n"; assert line() == b"clear\\r\\n"
            print("done"); s.close()
            """)
        #expect(result == ("done\n", "end"))
    }

    /// Without a request to stop, the end of the stream is the end of the input, and clear text behind
    /// it is damage.
    @Test func clearTextBehindTheStreamIsRefused() async throws {
        let result = try await talk(
            """
            start()
            s.sendall(packed(b"a\\r\\n", zlib.Z_FINISH) + b"clear\\r\\n")
            inflated(b"\\n")
            while data := s.recv(65536): assert b"clear" not in into.decompress(data)
            print("done")
            """)
        #expect(result.0 == "done\n")
        #expect(result.1 == "compression(\"data behind the end of the stream\")")
    }
}
