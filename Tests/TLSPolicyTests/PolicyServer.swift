import Glibc
import TestSupport

/// A web server of Python's with a certificate for the hosts below, each of which answers in its way.
final class PolicyServer: Sendable {
    static let hosts = [
        "good", "redirect", "large", "endless", "html", "untyped", "missing", "slow", "silent",
    ].map { "mta-sts.\($0).example" }

    /// Ends with the process of the tests.
    static let shared: Result<PolicyServer, any Error> = {
        atexit { if case .success(let server) = PolicyServer.shared { server.end() } }
        return Result { try PolicyServer() }
    }()

    let port: UInt16
    /// The authority that its certificate is from, and another one.
    let authority: String
    let stranger: String
    private let pid: pid_t
    private let files: TemporaryDirectory

    private init() throws {
        files = try TemporaryDirectory()
        let directory = files.path
        let issuer = try CertificateAuthority(in: directory)
        authority = issuer.certificate
        stranger = try CertificateAuthority(in: directory, name: "stranger").certificate
        let server = try issuer.issue("web", alternativeNames: Self.hosts.map { "DNS:\($0)" })
        try TextFile.write(Self.script, to: directory + "/server.py")
        pid = try ChildProcess.start(
            ["/usr/bin/python3", directory + "/server.py", server.certificate, server.key, directory + "/port"],
            output: directory + "/server.out")
        var number: UInt16?
        for _ in 0..<1000 where number == nil {
            number = (try? TextFile.read(directory + "/port")).flatMap { UInt16($0) }
            if number == nil { usleep(20_000) }
        }
        guard let number else {
            ChildProcess.end(pid)
            throw TestFailure("no web server: \(try TextFile.read(directory + "/server.out"))")
        }
        port = number
    }

    private func end() {
        ChildProcess.end(pid)
        TemporaryDirectory.remove(files.path)
    }

    private static let script = """
        import http.server, os, ssl, sys, time
        policy = b"version: STSv1\\r\\nmode: enforce\\r\\nmx: mail.good.example\\r\\nmax_age: 86400\\r\\n"
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *arguments): pass
            def answer(self, status, type, length, *headers):
                self.send_response(status)
                if type: self.send_header("Content-Type", type)
                if length is not None: self.send_header("Content-Length", str(length))
                else: self.close_connection = True
                for name, value in headers: self.send_header(name, value)
                self.end_headers()
            def do_GET(self):
                host = self.headers["Host"].split(":")[0].split(".")[1]
                if self.path != "/.well-known/mta-sts.txt": return self.answer(500, None, 0)
                if host == "redirect":
                    target = f"https://mta-sts.good.example:{self.server.server_port}{self.path}"
                    return self.answer(301, "text/plain", 0, ("Location", target))
                if host == "missing": return self.answer(404, "text/plain", 0)
                if host == "silent": time.sleep(600)
                if host == "large":
                    self.answer(200, "text/plain", 65537)
                    return self.wfile.write(b"x" * 65537)
                if host == "endless" or host == "slow":
                    self.answer(200, "text/plain", None)
                    while True:
                        self.wfile.write(b"x" * (65536 if host == "endless" else 1))
                        if host == "slow": time.sleep(0.2)
                type = {"html": "text/html", "untyped": None}.get(host, "Text/Plain; charset=utf-8")
                self.answer(200, type, len(policy))
                self.wfile.write(policy)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *arguments: None
        server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        with open(sys.argv[3] + ".new", "w") as file: file.write(str(server.server_port))
        os.rename(sys.argv[3] + ".new", sys.argv[3])
        server.serve_forever()
        """
}
