import Glibc
import Synchronization

/// A real slapd of a test's own: on an ephemeral port of 127.0.0.1, with its files in a temporary
/// directory. Ends with the value.
///
/// Needs Debian's slapd and ldap-utils. Its methods block, briefly.
package final class PrivateSlapd: Sendable {
    package let options: SlapdOptions
    package let port: UInt16
    /// Nil without TLS.
    package let tlsPort: UInt16?
    /// The certificate of the authority that signed the server's, PEM; nil without TLS.
    package let authority: String?
    private let files: TemporaryDirectory
    private let configuration: SlapdConfiguration
    private let state: Mutex<State>

    private struct State {
        /// 0 while stopped.
        var pid: pid_t
        /// Searches of our own that the operation counts include.
        var ownSearches = 0
    }

    package var uri: String { "ldap://127.0.0.1:\(port)" }
    package var tlsURI: String? { tlsPort.map { "ldaps://127.0.0.1:\($0)" } }
    /// The connecting process's user is the administrator there by SASL EXTERNAL.
    package var socketURI: String {
        "ldapi://" + "\(files.path)/ldapi".split(separator: "/").map { "%2F\($0)" }.joined()
    }
    package var adminDN: String { configuration.adminDN }
    package var adminPassword: String { SlapdConfiguration.adminPassword }
    package var directory: String { files.path }

    /// Loads the LDIF and starts.
    package init(_ options: SlapdOptions = SlapdOptions()) throws {
        self.options = options
        files = try TemporaryDirectory()
        if options.hasTLS {
            let authority = try CertificateAuthority(in: files.path)
            let server = try authority.issue("slapd")
            self.authority = authority.certificate
            configuration = SlapdConfiguration(
                options: options, directory: files.path,
                tls: (authority.certificate, server.certificate, server.key))
        } else {
            authority = nil
            configuration = SlapdConfiguration(
                options: options, directory: files.path, tls: nil)
        }
        try TextFile.write(configuration.text(), to: "\(files.path)/slapd.conf")
        mkdir("\(files.path)/db", 0o700)
        try Self.load(options, files.path)
        let pid: pid_t
        (port, tlsPort, pid) = try Self.startOnFreePorts(options, files.path)
        state = Mutex(State(pid: pid))
    }

    deinit { stop() }

    /// Stops answering without closing anything. Returns when every thread has stopped.
    package func pause() {
        state.withLock { state in
            guard state.pid > 0 else { return }
            kill(state.pid, SIGSTOP)
            while waitpid(state.pid, nil, WUNTRACED) < 0 && errno == EINTR {}
        }
    }

    package func resume() {
        state.withLock { if $0.pid > 0 { kill($0.pid, SIGCONT) } }
    }

    package func stop() {
        state.withLock { state in
            guard state.pid > 0 else { return }
            ChildProcess.end(state.pid)
            state.pid = 0
        }
    }

    /// On the same ports, with the same data.
    package func start() throws {
        try state.withLock { state in
            guard state.pid == 0 else { return }
            state.pid = try Self.launch(files.path, port, tlsPort)
            state.ownSearches = 0
        }
    }

    package func restart() throws {
        stop()
        try start()
    }

    /// Comes back without any entry, not even the base.
    package func empty() throws {
        stop()
        TemporaryDirectory.remove("\(files.path)/db")
        mkdir("\(files.path)/db", 0o700)
        try start()
    }

    /// Applies LDIF change records as the administrator.
    package func modify(_ ldif: String) throws {
        let file = "\(files.path)/change-\(UInt32.random(in: 0 ... .max)).ldif"
        try TextFile.write(ldif, to: file)
        defer { unlink(file) }
        try ChildProcess.run(
            [
                "/usr/bin/ldapmodify", "-x", "-H", uri, "-D", adminDN, "-w", adminPassword, "-f",
                file,
            ], in: files.path)
    }

    /// Operations of a kind ("Bind", "Search", "Modify" …) since the start, without our own.
    package func operationCount(_ kind: String) throws -> Int {
        let output = try ChildProcess.run(
            [
                "/usr/bin/ldapsearch", "-x", "-LLL", "-H", uri, "-s", "base", "-b",
                "cn=\(kind),cn=Operations,cn=Monitor", "monitorOpInitiated",
            ], in: files.path)
        let own = state.withLock { state in
            state.ownSearches += 1
            return ["Bind", "Search"].contains(kind) ? state.ownSearches : 0
        }
        for line in output.split(separator: "\n") where line.hasPrefix("monitorOpInitiated: ") {
            if let count = Int(line.dropFirst("monitorOpInitiated: ".count)) { return count - own }
        }
        throw TestFailure("no count of \(kind): \(output)")
    }

    // MARK: Starting

    private static func load(_ options: SlapdOptions, _ directory: String) throws {
        let name = options.base.split(separator: ",")[0].split(separator: "=").last ?? ""
        let base = """
            dn: \(options.base)
            objectClass: dcObject
            objectClass: organization
            o: Test
            dc: \(name)


            """
        let ldif = (options.addsBase ? base : "") + options.ldif
        guard !ldif.isEmpty else { return }
        let file = "\(directory)/load.ldif"
        try TextFile.write(ldif, to: file)
        try ChildProcess.run(
            ["/usr/sbin/slapadd", "-q", "-f", "\(directory)/slapd.conf", "-l", file], in: directory)
    }

    private static func startOnFreePorts(
        _ options: SlapdOptions, _ directory: String
    ) throws -> (UInt16, UInt16?, pid_t) {
        var last: any Error = TestFailure("slapd was not started")
        for _ in 0..<5 {
            let port = try Loopback.freePort()
            let tlsPort = options.hasTLS ? try Loopback.freePort() : nil
            do {
                return (port, tlsPort, try launch(directory, port, tlsPort))
            } catch {
                // Somebody else may have taken the port meanwhile.
                last = error
            }
        }
        throw last
    }

    /// Starts slapd and waits until it listens everywhere. The socket is its own for certain, whoever has
    /// the ports, and it opens one listener after the other.
    private static func launch(
        _ directory: String, _ port: UInt16, _ tlsPort: UInt16?
    ) throws -> pid_t {
        let path = "\(directory)/ldapi".split(separator: "/").map { "%2F\($0)" }.joined()
        var listeners = "ldap://127.0.0.1:\(port)/ ldapi://\(path)/"
        if let tlsPort { listeners += " ldaps://127.0.0.1:\(tlsPort)/" }
        let log = "\(directory)/slapd.log"
        let pid = try ChildProcess.start(
            ["/usr/sbin/slapd", "-h", listeners, "-f", "\(directory)/slapd.conf", "-d", "0"],
            output: log)
        for _ in 0..<12_000 {
            if ChildProcess.hasEnded(pid) {
                throw TestFailure("slapd ended: \(try TextFile.read(log))")
            }
            if try Loopback.accepts(path: "\(directory)/ldapi"), try Loopback.accepts(port: port),
                try tlsPort.map(Loopback.accepts(port:)) ?? true
            {
                return pid
            }
            usleep(5000)
        }
        ChildProcess.end(pid)
        throw TestFailure("slapd does not listen")
    }
}
