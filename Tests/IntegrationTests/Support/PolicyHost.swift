import Synchronization
import TestSupport

/// A web server with MTA-STS policies (RFC 8461), by the name that it is asked by.
final class PolicyHost: Sendable {
    let port: Int
    private let pid: Mutex<Int32>
    private let files: TemporaryDirectory

    /// - Parameter policies: by domain: lines of the policy; a domain that is left out has none.
    init(_ policies: [String: [String]], domains: [String]) throws {
        files = try TemporaryDirectory()
        let directory = files.path
        let pair = try Certificates.shared.get().authority.issue(
            "policies", alternativeNames: domains.map { "DNS:mta-sts.\($0)" })
        for (domain, lines) in policies {
            let text = ["version: STSv1"] + lines + ["max_age: 86400", ""]
            try TextFile.write(text.joined(separator: "\r\n"), to: "\(directory)/mta-sts.\(domain)")
        }
        try TextFile.write(Self.script, to: directory + "/server.py")
        let pid = try ChildProcess.start(
            ["/usr/bin/python3", directory + "/server.py", pair.certificate, pair.key, directory],
            output: directory + "/log")
        do {
            port = try eventually {
                (try? TextFile.read(directory + "/port")).flatMap { Int($0) }
            }
        } catch {
            ChildProcess.end(pid)
            throw error
        }
        self.pid = Mutex(pid)
    }

    deinit { stop() }

    func stop() {
        pid.withLock { pid in
            if pid > 0 { ChildProcess.end(pid) }
            pid = 0
        }
    }

    private static let script = """
        import http.server, os, ssl, sys
        certificate, key, directory = sys.argv[1:]
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *arguments): pass
            def do_GET(self):
                file = os.path.join(directory, self.headers["Host"].split(":")[0])
                found = os.path.exists(file) and self.path == "/.well-known/mta-sts.txt"
                body = open(file, "rb").read() if found else b""
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        with open(directory + "/port.new", "w") as file: file.write(str(server.server_port))
        os.rename(directory + "/port.new", directory + "/port")
        server.serve_forever()
        """
}
