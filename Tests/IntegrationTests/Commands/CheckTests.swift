import Glibc
import Testing
import TestSupport

@Suite(.ownThreads) struct CheckTests {
    @Test func everythingIsFine() throws {
        let server = try RunningMartlet.shared.get()
        let result = try server.martlet("check")
        #expect(result.status == 0, "\(result)")
        for line in ["is well-formed", "usable certificates: 2", "can be written"] {
            #expect(result.output.contains(line), "\(line): \(result)")
        }
        #expect(!result.output.contains("ERROR"), "\(result)")
        #expect(!result.output.contains("WITHOUT A LOGIN"))
        let json = try server.martlet("check", "--json")
        #expect(json.status == 0 && json.output.hasPrefix("[") && json.output.contains("\"severity\" : \"ok\""))
    }

    @Test func exceptionsAreTold() throws {
        let result = try LenientServer.shared.get().martlet("check")
        #expect(result.status == 0, "\(result)")
        #expect(result.output.contains("WARNING: listeners.relay.relay_networks: ANY HOST IN 127.9.9.0/24, ::1/128 MAY SEND MAIL TO ANYWHERE WITHOUT A LOGIN"))
        #expect(result.output.contains("WARNING: listeners.clear.login_without_tls: PASSWORDS MAY CROSS THE NETWORK IN CLEAR"))
        #expect(result.output.contains("WARNING: listeners.pop3-clear.login_without_tls"))
        #expect(result.output.contains("WARNING: listeners.anybody.any_sender: WHO HAS A LOGIN MAY SEND AS ANYBODY"))
    }

    /// A line of the good file, what stands there instead, the exit status and what is said.
    @Test(arguments: [
        ("hostname: mail.example.org", "hostname: mail", 78, "martlet.yaml:1: hostname is “mail”: expected a full name"),
        ("hostname: mail.example.org", "hostnam: mail.example.org", 78, "martlet.yaml:1: hostnam: is not a key of this section; did you mean “hostname”?"),
        ("hostname: mail.example.org", "", 78, "hostname: is missing"),
        ("state: state", "state: [a]", 78, "martlet.yaml:2: state"),
        ("state: state", "state: /proc/nowhere/state", 1, "ERROR: state"),
        ("listeners:", "listener:", 78, "listeners: is missing"),
        ("listeners:", "listeners:\n  smtp: {port: 25}", 78, "listeners.smtp.service: is missing"),
        ("listeners:", "listeners:\n  x: {service: imap4, port: 25}", 78, "listeners.x.service is “imap4”: expected one of mx, submission, odmr, pop3"),
        ("preset: martlet", "preset: exchange", 78, "directory.preset is “exchange”: expected one of "),
        ("timeout: 20s", "timeout: 5", 78, "directory.timeout is “5”: expected a time"),
        ("timeout: 20s", "timeout: 20s\n  attributes: {user.quoto: x}", 78, "directory.attributes.user.quoto: is no setting of the attribute map; did you mean “user.quota”?"),
        ("start_tls: none", "start_tls: maybe", 78, "directory.start_tls is “maybe”: expected one of required, none"),
        ("base: \"dc=example,dc=org\"", "base: example.org", 78, "directory.base is “example.org”: expected a DN"),
        ("base: \"dc=example,dc=org\"", "base: \"dc=nowhere\"", 1, "ERROR: "),
        ("password: reader-secret", "password: wrong", 1, "ERROR: dc=example,dc=org: the directory refuses this name or password: "),
        ("password: reader-secret", "password_file: nothing.secret", 78, "directory.bind.password_file is “"),
        ("start_tls: none", "start_tls: required", 1, "ERROR: "),
        ("state: state", "state: state\nlimits: {sessions: many}", 78, "martlet.yaml:3: limits.sessions is “many”: expected a whole number from 1 to 1000000"),
        ("state: state", "state: state\nsmtp: {maximum_message_size: 1G, maximum_hop: 3}", 78, "smtp.maximum_hop: is not a key of this section; did you mean “maximum_hops”?"),
        ("state: state", "state: {", 78, "is not YAML"),
        ("state: state", "state: state\nlog: {level: loud}", 78, "log.level is “loud”: expected one of trace, debug"),
    ])
    func badConfiguration(_ good: String, _ bad: String, _ status: Int, _ said: String) throws {
        let server = try RunningMartlet.shared.get()
        let files = try TemporaryDirectory()
        var text = try RunningMartlet.yaml(.init(), server.slapd)
        text = text.replacing(good, with: bad, maxReplacements: 1)
        try TextFile.write(text, to: files.path + "/martlet.yaml")
        let result = try Tool.run(
            [try RunningMartlet.binary(), "check", "--config", files.path + "/martlet.yaml"])
        #expect(result.status == status, "\(result)")
        #expect(result.output.contains(said), "\(result)")
    }

    @Test func certificates() throws {
        let server = try RunningMartlet.shared.get()
        let (org, net) = (try Certificates.shared.get().org, try Certificates.shared.get().net)
        for (pair, said) in [
            (("/nowhere/chain.pem", org.key), "/nowhere/chain.pem"),
            ((org.certificate, "/nowhere/key.pem"), "/nowhere/key.pem"),
            ((org.certificate, net.key), org.certificate),
            ((org.key, org.key), org.key),
        ] {
            let files = try TemporaryDirectory()
            try TextFile.write(
                try RunningMartlet.yaml(.init(certificates: [pair]), server.slapd),
                to: files.path + "/martlet.yaml")
            let arguments = [try RunningMartlet.binary(), "check", "--config", files.path + "/martlet.yaml"]
            let result = try Tool.run(arguments)
            #expect(result.status == 1 && result.output.contains("ERROR: tls") && result.output.contains(said), "\(result)")
            let serve = try Tool.run([arguments[0], "serve"] + arguments.dropFirst(2))
            #expect(serve.status == 78 && serve.output.contains(said), "\(serve)")
        }
    }

    @Test func missingFile() throws {
        let result = try Tool.run([try RunningMartlet.binary(), "check", "--config", "/nowhere/martlet.yaml"])
        #expect(result.status == 78 && result.output == "/nowhere/martlet.yaml: the file: does not exist; name it with --config\n", "\(result)")
    }

    /// What names files, the files, what is said of which key. Serve says the same and ends for good.
    @Test(arguments: [
        ("dkim: {keys: {a: {selector: s, file: none.pem}}}", "dkim.keys.a.file", "none.pem", "No such file or directory", "a PEM file as `martlet dkim create` makes it"),
        ("dkim: {keys: {a: {selector: s, file: text}}}", "dkim.keys.a.file", "text", "no usable DKIM key: not an unencrypted private key in PEM", "a PEM file"),
        ("dkim: {keys: {a: {selector: s t, file: key.pem}}}", "dkim.keys.a.selector", "", "is not a DNS name in ASCII", "the selector"),
        ("outbound: {authorities: none.pem}", "outbound.authorities", "none.pem", "No such file or directory", "a PEM file with the certificates of authorities"),
        ("outbound: {client_certificate: {chain: none.pem}}", "outbound.client_certificate.chain", "none.pem", "No such file or directory", "a PEM file: the certificate"),
        ("outbound: {client_certificate: {chain: chain.pem, key: text}}", "outbound.client_certificate.key", "text", "", "a PEM file with the certificate's private key"),
        ("proxy: {authorities: text}", "proxy.authorities", "text", "", "a PEM file"),
        ("dns: {trust_anchor: none.key}", "dns.trust_anchor", "none.key", "No such file or directory", "a file of DS or DNSKEY records"),
        ("dns: {trust_anchor: text}", "dns.trust_anchor", "text", "holds no keys", "a file of DS or DNSKEY records"),
        ("dns: {servers: [nowhere]}", "dns.servers", "", "not an address of a name server", "ADDRESS"),
    ])
    func namedFiles(_ section: String, _ key: String, _ file: String, _ problem: String, _ expected: String) throws {
        let server = try RunningMartlet.shared.get()
        let files = try TemporaryDirectory()
        let pair = try Certificates.shared.get().org
        try TextFile.write("just text\n", to: files.path + "/text")
        try TextFile.write(try TextFile.read(pair.certificate), to: files.path + "/chain.pem")
        let made = try Tool.run(
            [try RunningMartlet.binary(), "dkim", "create", "--type", "ed25519", "--domain", "example.org", "--selector", "s", "--out", files.path + "/key.pem"])
        #expect(made.status == 0, "\(made)")
        var options = RunningMartlet.Options()
        options.sections = section
        try TextFile.write(try RunningMartlet.yaml(options, server.slapd), to: files.path + "/martlet.yaml")
        let command = [try RunningMartlet.binary(), "check", "--config", files.path + "/martlet.yaml"]
        let check = try Tool.run(command)
        #expect(check.status == 1 && check.output.contains("ERROR: \(key): "), "\(check)")
        #expect(check.output.contains(file) && check.output.contains(problem) && check.output.contains("    expected \(expected)"), "\(check)")
        let serve = try Tool.run([command[0], "serve"] + command[2...])
        #expect(serve.status == 78 && serve.output.contains("\(files.path)/martlet.yaml: \(key) is “"), "\(serve)")
        #expect(serve.output.contains("\(file)”: \(problem)") && serve.output.contains("; expected \(expected)"), "\(serve)")
        #expect(file.isEmpty || !serve.output.contains("\(file): "), "told twice: \(serve)")
    }

    /// What other sections name: files, addresses.
    @Test func namedBesides() throws {
        let server = try RunningMartlet.shared.get()
        for (options, key, said) in [
            (RunningMartlet.Options(directory: "authorities: none.pem"), "directory.authorities", "none.pem: No such file or directory"),
            (RunningMartlet.Options(directory: "authorities: ."), "directory.authorities", ".: is a folder"),
            (RunningMartlet.Options(tls: "client_authorities: none.pem"), "tls.client_authorities", "none.pem: No such file or directory"),
            (RunningMartlet.Options(moreListeners: "  x: {service: mx, address: \"no host\", port: 2525}"), "listeners.x", "cannot listen on no host port 2525: no such host"),
            (RunningMartlet.Options(moreListeners: "  x: {service: mx, address: 192.0.2.77, port: 2525}"), "listeners.x", "cannot listen on 192.0.2.77 port 2525: Cannot assign requested address"),
        ] {
            let files = try TemporaryDirectory()
            try TextFile.write(try RunningMartlet.yaml(options, server.slapd), to: files.path + "/martlet.yaml")
            let result = try Tool.run([try RunningMartlet.binary(), "check", "--config", files.path + "/martlet.yaml"])
            #expect(result.status == 1 && result.output.contains("ERROR: \(key): ") && result.output.contains(said), "\(result)")
        }
    }

    /// Relative to where the command runs.
    @Test func bareFileName() throws {
        let server = try RunningMartlet.shared.get()
        let files = try TemporaryDirectory()
        try TextFile.write(try RunningMartlet.yaml(.init(), server.slapd), to: files.path + "/martlet.yaml")
        let result = try Tool.run([
            "/bin/sh", "-c", "cd \"$0\" && exec \"$1\" check --config martlet.yaml", files.path, try RunningMartlet.binary(),
        ])
        #expect(result.status == 0 && result.output.contains("OK: state: state will be made"), "\(result)")
    }
}
