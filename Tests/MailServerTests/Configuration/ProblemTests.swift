import DNS
import Directory
import MailServer
import Testing

/// What is wrong in a file, and how it is told: file, line, key, value, what would be right.
struct ProblemTests {
    /// Lines behind the least file, which has fourteen; the problems they make.
    @Test(arguments: [
        ("limits: {sessions: 0}", [":15: limits.sessions is “0”: expected a whole number from 1 to 1000000"]),
        ("event_loops: 0", [":15: event_loops is “0”: expected a whole number from 1 to 1024"]),
        ("limits: {sessions: 1000001}", [":15: limits.sessions is “1000001”: "]),
        ("limits: {sessions: 3.5}", [":15: limits.sessions is “3.5”: "]),
        ("limits: {sessions: -1}", [":15: limits.sessions is “-1”: "]),
        ("limits: {sessions: [1]}", [":15: limits.sessions: expected one value"]),
        ("limits: many", [":15: limits is “many”: expected a mapping"]),
        ("limits: [1]", [":15: limits: expected a mapping"]),
        ("limits:\n  session: 5", [":16: limits.session: is not a key of this section; did you mean “sessions”?"]),
        ("limits:\n  sessions: 5\n  zzz: 1", [":17: limits.zzz: is not a key of this section; it has: handshake_timeout, message_memory, sessions, sessions_per_address, shutdown_grace, write_timeout"]),
        ("limit: {}", [":15: limit: is not a key of this section; did you mean “limits”?"]),
        ("pop: {}", [":15: pop: is not a key of this section; did you mean “pop3”?"]),
        ("nntp: {}", [":15: nntp: is not a key of this section"]),
        ("smtp: {maximum_message_size: 1T}", [":15: smtp.maximum_message_size is “1T”: expected a size from 64K to 16G, such as 1048576, "]),
        ("smtp: {maximum_message_size: 1K}", [":15: smtp.maximum_message_size is “1K”: "]),
        ("smtp: {maximum_message_size: 99999999999999999999G}", [":15: smtp.maximum_message_size is "]),
        ("smtp: {command_timeout: 5}", [":15: smtp.command_timeout is “5”: expected a time from 1s to 1h, such as 250ms, "]),
        ("smtp: {command_timeout: 5 minutes}", [":15: smtp.command_timeout is “5 minutes”: "]),
        ("smtp: {command_timeout: 999d}", [":15: smtp.command_timeout is “999d”: "]),
        ("smtp: {maximum_recipients: 99}", [":15: smtp.maximum_recipients is “99”: expected a whole number from 100 "]),
        ("smtp: {bare_line_ends: keep}", [":15: smtp.bare_line_ends is “keep”: expected one of reject, normalise"]),
        ("smtp: {future_release_maximum: 366d}", [":15: smtp.future_release_maximum is “366d”: expected a time from "]),
        ("smtp: {maximum_priority: 10}", [":15: smtp.maximum_priority is “10”: expected a whole number from 0 to 9"]),
        ("smtp: {command_timeout: 5m}\nsmtp: {}", [":16: smtp: stands twice (first on line 15); remove one of them"]),
        ("proxy: {user: a, password: b, password_file: c}", [":15: proxy.password_file: is one too many beside password; remove either"]),
        ("monitoring: {port: 995, address: 127.0.0.1}", [":15: monitoring: 127.0.0.1 port 995 is taken by listeners.pop3s (0.0.0.0)"]),
        ("pop3: {idle_timeout: 5m}", [":15: pop3.idle_timeout is “5m”: "]),
        ("log: {level: loud}", [":15: log.level is “loud”: expected one of trace, "]),
        ("queue: {expiry: 1s}\nstorage: {minimum_free: x}", [":15: queue.expiry", ":16: storage.minimum_free"]),
    ])
    func sections(_ more: String, _ expected: [String]) {
        Self.check(ConfigurationText.least + more, expected)
    }

    /// A line of the least file, and what stands in its place.
    @Test(arguments: [
        ("hostname: mail.example.org\n", "", ["hostname: is missing; expected this host's full name"]),
        ("hostname: mail.example.org", "hostname: mail", [":1: hostname is “mail”: expected a full name"]),
        ("hostname: mail.example.org", "hostname:", ["hostname: is missing"]),
        ("state: state", "state: state\nuser: no-such-user", [":3: user is “no-such-user”: expected a user of this system, as in martlet, which systemd-sysusers makes of packaging/"]),
        ("state: state", "state: state\nuser: root", [":3: user is “root”: expected a user without root's rights"]),
        ("state: state", "state: state\nuser: nobody\ngroup: no-such-group", [":4: group is “no-such-group”: expected a group of this system"]),
        ("state: state", "state: state\ngroup: nogroup", [":3: group is “nogroup”: has a meaning beside user only"]),
        ("state: state\n", "", ["state: is missing"]),
        ("  mx:\n  pop3s: {}\n", "", ["listeners: is missing; expected at least one of imap, imaps, mx, odmr, pop3, pop3s, submission, submissions"]),
        ("  mx:\n  pop3s: {}\n", "  - mx\n", [":4: listeners: expected a mapping of keys below it"]),
        ("  mx:", "  mx:\n  x: {service: imap, port: 25}", [":5: listeners.x: 0.0.0.0 port 25 is taken by listeners.mx (0.0.0.0); expected another"]),
        ("  mx:", "  mx: {address: \"::\"}\n  x: {service: mx, address: [127.0.0.1, \"::1\"], port: 25}", [":5: listeners.x: ::1 port 25 is taken by listeners.mx (::)"]),
        ("  mx:", "  mx: {address: 127.0.0.1}\n  x: {service: mx, address: [127.0.0.2, \"::\"], port: 25}\n  y: {service: mx, port: 0}\n  z: {service: mx, port: 0}", []),
        ("  mx:", "  mx: {address: [127.0.0.1, 127.0.0.1]}", [":4: listeners.mx: 127.0.0.1 port 25 is taken by listeners.mx"]),
        ("  mx:", "  smtp: {port: 25}", [":4: listeners.smtp.service: is missing; expected mx, submission, odmr, pop3 or imap"]),
        ("  mx:", "  x: {service: mx}", [":4: listeners.x.port: is missing"]),
        ("  mx:", "  mx: {port: 65536}", [":4: listeners.mx.port is “65536”: expected a whole number from 0 to 65535"]),
        ("  mx:", "  mx: {tls: always}", [":4: listeners.mx.tls is “always”: expected one of implicit, starttls"]),
        ("  mx:", "  mx: {relay_networks: [10.0.0.0/33]}", [":4: listeners.mx.relay_networks is “10.0.0.0/33”: expected an address or a network"]),
        ("  mx:", "  mx: {any_sender: true}", [":4: listeners.mx.any_sender: has a meaning for submission only; remove it"]),
        ("  mx:", "  mx: {login_without_tls: perhaps}", [":4: listeners.mx.login_without_tls is “perhaps”: expected true or false"]),
        ("  pop3s: {}", "  pop3s: {relay_networks: 10.0.0.1}", [":5: listeners.pop3s.relay_networks: has a meaning for mx and submission only"]),
        ("  pop3s: {}", "  odmr: {relay_networks: 10.0.0.1}", [":5: listeners.odmr.relay_networks: has a meaning for mx and submission only"]),
        ("    - chain: tls/chain.pem\n      key: /keys/key.pem\n", "", ["tls.certificates: is missing"]),
        ("    - chain: tls/chain.pem\n", "    - file: x\n", ["tls.certificates[0].chain: is missing", "tls.certificates[0].file: is not a key"]),
        ("    - chain: tls/chain.pem", "    - just text\n    - chain: x", ["tls.certificates[0] is “just text”: expected a mapping"]),
        ("tls:\n", "tls:\n  minimum_version: 1.1\n", [":7: tls.minimum_version is “1.1”: expected one of 1.2, 1.3"]),
        ("ldap://ldap.example.org", "ldap.example.org", [":11: directory.uri is “ldap.example.org”: expected ldap://HOST"]),
        ("  uri: ldap://ldap.example.org\n", "", ["directory.uri: is missing"]),
        ("base: dc=example,dc=org", "base: example.org", [":12: directory.base is “example.org”: expected a DN"]),
        ("password: secret", "passwort: secret", [":13: directory.bind.password: is missing", ":13: directory.bind.passwort: is not a key of this section; did you mean “password”?"]),
        ("password: secret", "password_file: /nowhere/secret", [":13: directory.bind.password_file is “/nowhere/secret”: can't be read: No such file"]),
        ("password: secret", "method: kerberos, password: x", [":13: directory.bind.method is “kerberos”: expected one of anonymous, simple, external, scram"]),
        ("dn: \"cn=martlet,dc=example,dc=org\", password: secret", "method: scram, user: \"\\u0007\", password: x", [":13: directory.bind.user: has characters that SASLprep refuses"]),
        ("dn: \"cn=martlet,dc=example,dc=org\", password: secret", "method: scram, user: x, password: \"a\\u0007\"", [":13: directory.bind.password: has characters that SASLprep refuses"]),
        ("base: dc", "preset: exchange\n  base: dc", [":12: directory.preset is “exchange”: expected one of "]),
        ("base: dc", "subaddress_separator: \"++\"\n  base: dc", [":12: directory.subaddress_separator is “++”: expected one character"]),
        ("base: dc", "postmaster: admin\n  base: dc", [":12: directory.postmaster is “admin”: expected an address"]),
        ("base: dc", "attributes: {user.quoto: x}\n  base: dc", [":12: directory.attributes.user.quoto: is no setting of the attribute map; did you mean “user.quota”?"]),
        ("base: dc", "attributes: {addresses: []}\n  base: dc", [":12: directory.attributes.addresses: expected one or more names of attributes"]),
        ("base: dc", "attributes: {user.quota: [a, b]}\n  base: dc", [":12: directory.attributes.user.quota is “a, b”: expected the name of one attribute"]),
        ("base: dc", "attributes: {user.logins: [uid, a b]}\n  base: dc", [":12: directory.attributes.user.logins is “uid, a b”: expected names of attributes, which “a b” can't be"]),
        ("base: dc", "attributes: {user.quotaUnit: lots}\n  base: dc", [":12: directory.attributes.user.quotaUnit is “lots”: expected bytes, kilobytes or megabytes"]),
        ("base: dc", "attributes: {addresses: {a: b}}\n  base: dc", [":12: directory.attributes.addresses: expected a list of values"]),
        ("base: dc", "attributes: {domain: {quota: x}}\n  base: dc", [":12: directory.attributes.domain: is no setting of the attribute map; write one key for each, with the dot in it: domain.aliasOf, "]),
        ("password: secret", "password: secret, password_file: x", [":13: directory.bind.password_file: is one too many beside password"]),
        ("base: dc", "cache: {positiv: 1s}\n  base: dc", [":12: directory.cache.positiv: is not a key of this section; did you mean “positive”?"]),
    ])
    func lines(_ good: String, _ bad: String, _ expected: [String]) {
        Self.check(ConfigurationText.least.replacing(good, with: bad, maxReplacements: 1), expected)
    }

    @Test(arguments: [
        ("", "is empty"), ("# nothing\n", "is empty"), ("text", ":1: the file: must be a mapping"),
        ("- a\n- b\n", "must be a mapping"), ("a: {b: c", "is not YAML"), ("a: 1\n\tb: 2\n", "is not YAML"),
    ])
    func files(_ text: String, _ expected: String) {
        let problems = ConfigurationText.problems(text)
        #expect(problems.count == 1 && problems[0].contains(expected), "\(problems)")
    }

    /// Where a key stands twice, and that nothing of the file is told.
    @Test(arguments: [
        ("hostname: a\n# hostname: b\nstate: secret\nhostname : c\n", ":4: hostname: stands twice (first on line 1); remove one of them"),
        ("a:\n  b: 1\n  c:\n    b: secret\n  \"b\": 3\nb: 4\n", ":5: b: stands twice (first on line 2); remove one of them"),
        ("a: {b: secret, b: 2}\nb: 3\n", ":1: b: stands twice; remove one of them"),
        ("a: secret: b\n", ":1: the file: is not YAML: mapping values are not allowed in this context"),
        ("a: secret\nb: *secret2\n", ":2: the file: is not YAML: found undefined alias"),
        ("a: \"secret\nb: 1\n", "the file: is not YAML: while scanning a quoted scalar, found unexpected end of stream"),
    ])
    func nothingOfTheFileIsTold(_ text: String, _ expected: String) {
        let problems = ConfigurationText.problems(text)
        #expect(problems.count == 1 && problems[0].contains(expected), "\(problems)")
        #expect(!problems.description.contains("secret"), "\(problems)")
    }

    @Test func everythingAtOnce() {
        let problems = ConfigurationText.problems("hostname: x\nlog: {level: y}\nz: 1\n")
        for key in ["hostname", "state", "listeners", "tls.certificates", "directory.uri", "directory.base", "log.level", "z"] {
            #expect(problems.contains { $0.contains(" \(key)") }, "\(key): \(problems)")
        }
    }

    @Test(arguments: [
        ("/nowhere/martlet.yaml", "the file: does not exist; name it with --config"),
        ("/etc", "the file: can't be read: is it a file?"),
    ])
    func unreadableFiles(_ file: String, _ expected: String) {
        let error = #expect(throws: ConfigurationProblems.self) {
            try ServerConfiguration.load(file: file)
        }
        #expect(error?.description == "\(file): \(expected)")
    }

    @Test func noKeysForDNSSEC() {
        var configuration = DNSConfiguration()
        configuration.rootAnchorFiles = ["/nowhere/root.key"]
        #expect(ServerCheck.anchors(configuration).map(\.severity) == [.warning])
        configuration.trustAnchorFile = "/etc/martlet/keys"
        #expect(ServerCheck.anchors(configuration).isEmpty)
        configuration.trustAnchorFile = nil
        configuration.validates = false
        #expect(ServerCheck.anchors(configuration).isEmpty)
    }

    private static func check(
        _ text: String, _ expected: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let problems = ConfigurationText.problems(text)
        #expect(problems.count == expected.count, "\(problems)", sourceLocation: sourceLocation)
        for problem in expected {
            #expect(
                problems.contains { $0.hasPrefix(ConfigurationText.file) && $0.contains(problem) },
                "\(problem): \(problems)", sourceLocation: sourceLocation)
        }
    }
}
