import Glibc
import Testing
import TestSupport

/// Sockets that were there before the server, and rights that it gives up.
@Suite(.ownThreads) struct PrivilegeTests {
    private static let activator = "/usr/bin/systemd-socket-activate"
    private static let hasActivator = access(activator, X_OK) == 0

    /// One socket by its name, wherever the configuration would listen; one by its address.
    @Test(.enabled(if: hasActivator, "systemd-socket-activate is not installed"))
    func socketsOfTheServiceManager() throws {
        let (mx, pop3) = (try Loopback.freePort(), try Loopback.freePort())
        let server = try RunningMartlet(
            .init(
                moreListeners: "  pop3-inside: {service: pop3, address: 127.0.0.1, port: \(pop3)}",
                launcher: [
                    Self.activator, "-l", "127.0.0.1:\(mx)", "-l", "127.0.0.1:\(pop3)",
                    "--fdname=mx:martlet-pop3.socket",
                ], wakingPort: Int(mx)))
        #expect(server.port("mx") == Int(mx) && server.port("pop3-inside") == Int(pop3))
        let user = server.newUser()
        try server.deliver(to: [user.address], "Subject: one\r\n\r\n")
        // Nothing of it changes.
        server.signal(SIGHUP)
        #expect(try eventually { try server.log().contains("reloaded") })
        try server.deliver(to: [user.address], "Subject: two\r\n\r\n")
        #expect(try server.messages(of: user, count: 2).count == 2)
        let inside = try LineClient(port: Int(pop3))
        #expect(try inside.line()?.hasPrefix("+OK") == true)
        #expect(server.stop() == 0)
    }

    @Test(.enabled(if: hasActivator, "systemd-socket-activate is not installed"))
    func aSocketThatIsNoListenersIsRefused() throws {
        let port = try Loopback.freePort()
        let files = try TemporaryDirectory()
        try TextFile.write(
            try RunningMartlet.yaml(.init(), try RunningMartlet.shared.get().slapd),
            to: files.path + "/martlet.yaml")
        let pid = try ChildProcess.start(
            [
                Self.activator, "-l", "127.0.0.1:\(port)", "--fdname=nntp",
                try RunningMartlet.binary(), "serve", "--config", files.path + "/martlet.yaml",
            ], output: files.path + "/log")
        #expect(eventually { (try? Loopback.accepts(port: port)) == true })
        #expect(Tool.exitStatus(of: pid, within: 90) == 1)
        let log = try TextFile.read(files.path + "/log")
        #expect(log.contains("socket nntp on 127.0.0.1 port \(port) is no listener's"), "\(log)")
    }

    /// Root opens a port below 1024, is nobody from then on, and mail goes in and out.
    @Test(.enabled(if: getuid() == 0, "only root can give up its rights"))
    func rootBecomesTheUser() throws {
        let files = try TemporaryDirectory()
        chmod(files.path, 0o755)
        let pair = try CertificateAuthority(in: files.path)
            .issue("mail.example.org", alternativeNames: ["DNS:mail.example.org"])
        for file in [pair.certificate, pair.key] { chmod(file, 0o644) }
        var options = RunningMartlet.Options(certificates: [pair], user: "nobody")
        let port = try freeLowPort()
        options.moreListeners = "  low: {service: mx, address: 127.0.0.1, port: \(port)}"
        let server = try RunningMartlet(options)
        let nobody = try #require(getpwnam("nobody")).pointee
        var running = 0
        for file in try threads(of: server.pid).map({ "/proc/\(server.pid)/task/\($0)/status" }) {
            // A thread may have ended since.
            guard let status = try? TextFile.read(file), !status.isEmpty else { continue }
            running += 1
            #expect(status.contains("\nUid:" + String(repeating: "\t\(nobody.pw_uid)", count: 4) + "\n"), "\(file)")
            #expect(status.contains("\nGid:" + String(repeating: "\t\(nobody.pw_gid)", count: 4) + "\n"))
            #expect(status.contains("\nGroups:\t\(nobody.pw_gid) \n"))
            for set in ["CapEff", "CapPrm", "CapInh", "CapAmb"] {
                #expect(status.contains("\n\(set):\t0000000000000000\n"), "\(set)")
            }
            #expect(status.contains("\nNoNewPrivs:\t1\n"), "\(file)")
        }
        #expect(running > 1)
        let user = server.newUser()
        let client = try LineClient(port: port)
        #expect(try client.line()?.hasPrefix("220 ") == true)
        for command in ["HELO client.example", "MAIL FROM:<a@elsewhere.example>", "RCPT TO:<\(user.address)>"] {
            try client.expect(command, "250")
        }
        try client.expect("DATA", "354")
        try client.expect("Subject: low\r\n\r\n.", "250 2.0.0")
        #expect(try server.messages(of: user)[0].contains("Subject: low"))
        var status = stat()
        #expect(stat("\(server.state)/index.sqlite", &status) == 0 && status.st_uid == nobody.pw_uid)
        #expect(server.stop() == 0)
        #expect(try server.martlet("check").status == 0)
        // What root could read and the user can't.
        chmod(pair.key, 0o600)
        let start = try server.martlet("serve")
        #expect(start.status == 78 && start.output.contains("tls.certificates[0].key is “\(pair.key)”: Permission denied: let user nobody read it; expected"), "\(start)")
        let check = try server.martlet("check")
        #expect(check.status == 1 && check.output.contains("\(pair.key): Permission denied"), "\(check)")
        chmod(pair.key, 0o644)
        // A state directory that is another's is told, and what would be right.
        chown(server.state, 0, 0)
        chmod(server.state, 0o700)
        let result = try server.martlet("serve")
        #expect(result.status == 1)
        #expect(result.output.contains("state directory \(server.state): give it, with what is in it, to user nobody"), "\(result)")
    }

    private func freeLowPort() throws -> Int {
        for port in 600..<1024 where try !Loopback.accepts(port: UInt16(port)) { return port }
        throw TestFailure("no free port below 1024")
    }

    private func threads(of pid: pid_t) throws -> [String] {
        guard let folder = opendir("/proc/\(pid)/task") else { throw TestFailure("no process \(pid)") }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        #expect(names.count > 1)
        return names
    }
}
