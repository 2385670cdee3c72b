import Glibc
import Testing
import TestSupport

/// The server as a process: start, signals, crash.
@Suite(.ownThreads) struct ServeTests {
    @Test func badConfigurationIs78() throws {
        let files = try TemporaryDirectory()
        try TextFile.write("hostname: x\n", to: files.path + "/martlet.yaml")
        let result = try Tool.run([try RunningMartlet.binary(), "serve", "--config", files.path + "/martlet.yaml"])
        #expect(result.status == 78)
        for key in ["hostname", "state", "listeners", "tls.certificates", "directory.uri", "directory.base"] {
            #expect(result.output.contains(" \(key)"), "\(key): \(result)")
        }
    }

    @Test func oneServerForAStateDirectory() throws {
        let server = try RunningMartlet.shared.get()
        let result = try server.martlet("serve")
        #expect(result.status == 1 && result.output.contains(server.state), "\(result)")
        try server.deliver(to: [server.newUser().address], "Subject: still here\r\n\r\n")
    }

    @Test func portTaken() throws {
        let server = try RunningMartlet.shared.get()
        let files = try TemporaryDirectory()
        let port = server.port("pop3")
        try TextFile.write(
            try RunningMartlet.yaml(.init(), server.slapd)
                .replacing("pop3: {address: 127.0.0.1, port: 0", with: "pop3: {address: 127.0.0.1, port: \(port)"),
            to: files.path + "/martlet.yaml")
        let result = try Tool.run([try RunningMartlet.binary(), "serve", "--config", files.path + "/martlet.yaml"])
        #expect(result.status == 1 && result.output.hasSuffix("listener pop3: cannot listen on 127.0.0.1 port \(port): Address already in use\n"), "\(result)")
        // The server of another state directory is no excuse; its own may have the port.
        let check = try Tool.run([try RunningMartlet.binary(), "check", "--config", files.path + "/martlet.yaml"])
        let said = "listeners.pop3: cannot listen on 127.0.0.1 port \(port): Address already in use"
        #expect(check.status == 1 && check.output.contains("ERROR: \(said)"), "\(check)")
        try TextFile.write(
            try TextFile.read(files.path + "/martlet.yaml").replacing("state: state", with: "state: \(server.state)"),
            to: files.path + "/martlet.yaml")
        let own = try Tool.run([try RunningMartlet.binary(), "check", "--config", files.path + "/martlet.yaml"])
        #expect(own.status == 0 && own.output.contains("WARNING: listeners: in use already: pop3 (127.0.0.1 port \(port))"), "\(own)")
    }

    @Test func gracefulStop() throws {
        let server = try RunningMartlet(.init(sections: "limits: {shutdown_grace: 60s}"))
        let user = server.newUser()
        let (smtp, clear, pop3) = (try server.smtp(.user, as: user), try server.smtp(.mx), try server.pop3(user))
        let busy = try server.smtp(.mx)
        try busy.expect("MAIL FROM:<a@elsewhere.example>", "250")
        try busy.expect("RCPT TO:<\(user.address)>", "250")
        try busy.expect("DATA", "354")
        server.signal(SIGTERM)
        #expect(try clear.rest().hasPrefix("421 4.3.2"))
        #expect(try smtp.rest().hasPrefix("421 4.3.2"))
        #expect(try pop3.rest().hasPrefix("-ERR [SYS/TEMP]"))
        // A transaction under way may end.
        try busy.expect("Subject: last\r\n\r\n.", "250 2.0.0")
        #expect(try busy.rest().hasPrefix("421 4.3.2"))
        #expect(server.stop() == 0)
        try server.start()
        #expect(try server.messages(of: user)[0].contains("Subject: last"))
    }

    @Test func killedAndRestarted() throws {
        let server = try RunningMartlet()
        let user = server.newUser()
        for number in 1...20 { try server.deliver(to: [user.address], "Subject: \(number)\r\n\r\n") }
        try server.deliver(to: ["erin@example.org"], "Subject: waits\r\n\r\n")
        server.kill9()
        try server.start()
        let messages = try server.messages(of: user, count: 20)
        #expect(messages.count == 20)
        for number in 1...20 { #expect(messages.count { $0.contains("Subject: \(number)") } == 1) }
        let queue = try eventually { () -> [String]? in
            let queue = try server.queue()
            return queue.count == 1 ? queue : nil
        }
        #expect(queue[0].contains("erin@elsewhere.example"))
    }

    @Test func certificatesAreReadAgainOnSIGHUP() throws {
        let files = try TemporaryDirectory()
        let authority = try CertificateAuthority(in: files.path)
        let pair = try authority.issue("first.example.org", alternativeNames: ["DNS:mail.example.org"])
        let server = try RunningMartlet(.init(certificates: [pair]))
        let user = server.newUser()
        let old = try server.pop3(user)
        #expect(old.certificateName == "/CN=first.example.org")
        let next = try authority.issue("second.example.org", alternativeNames: ["DNS:mail.example.org"])
        rename(next.certificate, pair.certificate)
        rename(next.key, pair.key)
        server.signal(SIGHUP)
        #expect(try eventually { try server.smtp(.submissions).certificateName == "/CN=second.example.org" })
        try old.ask("NOOP", "+OK")
        try old.ask("QUIT", "+OK")
        // A pair that does not fit leaves the old one in use.
        try TextFile.write("nothing", to: pair.certificate)
        server.signal(SIGHUP)
        #expect(try eventually { try server.log().contains("certificates not reloaded") })
        #expect(try server.smtp(.submissions).certificateName == "/CN=second.example.org")
    }

    @Test func busyServerSaysSo() throws {
        let server = try RunningMartlet(.init(sections: "limits: {sessions_per_address: 2}"))
        let held = try [server.smtp(.mx), server.smtp(.mx)]
        let third = try LineClient(port: server.port("mx"))
        #expect(try third.rest().hasPrefix("421 4.3.2"))
        #expect(try server.smtp(.mx, source: "127.5.5.5").command("NOOP").hasPrefix("250"))
        let drops = try [LineClient(port: server.port("pop3")), LineClient(port: server.port("pop3"))]
        for client in drops { #expect(try client.line()?.hasPrefix("+OK") == true) }
        #expect(try LineClient(port: server.port("pop3")).rest().hasPrefix("-ERR [SYS/TEMP]"))
        for client in held { try client.expect("QUIT", "221") }
        #expect(eventually { (try? server.smtp(.mx)) != nil })
    }
}
