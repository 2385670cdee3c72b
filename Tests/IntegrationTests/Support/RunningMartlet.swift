import Foundation
import Glibc
import Synchronization
import TestSupport

/// The built server with a directory of its own, on ephemeral ports of 127.0.0.1.
final class RunningMartlet: Sendable {
    /// How the server is configured besides the usual.
    struct Options: Sendable {
        var hostname = "mail.example.org"
        /// Further sections of the file.
        var sections = ""
        /// Further keys of a listener, as in `["mx": "relay_networks: [127.0.0.2]"]`.
        var listeners: [String: String] = [:]
        /// Further listeners, whole lines.
        var moreListeners = ""
        /// Further keys of the directory's section, as in `"postmaster: admin@example.org"`.
        var directory = ""
        var cache = "{}"
        var timeout = "20s"
        /// A further key of the TLS section.
        var tls = ""
        /// Certificates other than the common ones: chain and key.
        var certificates: [(String, String)]?
        /// Whom root starts it as: an account that gets the server's files.
        var user: String?
        /// What starts the server, in the place of its own path.
        var launcher: [String] = []
        /// A port that `launcher` listens on, which starts the server for the first client.
        var wakingPort: Int?
    }

    private struct Process {
        var pid: pid_t = 0
        var ports: [String: Int] = [:]
    }

    let files: TemporaryDirectory
    let slapd: PrivateSlapd
    private let ownsSlapd: Bool
    private let launcher: [String]
    private let wakingPort: Int?
    private let process = Mutex(Process())
    private let nextUser = Atomic(0)

    var path: String { files.path }
    var configuration: String { "\(path)/martlet.yaml" }
    var state: String { "\(path)/state" }

    /// The one that tests share which only send, fetch and look. Ends with the process.
    static let shared: Result<RunningMartlet, any Error> = Result {
        let sections = """
            authentication: {maximum_delay: 5ms}
            smtp: {maximum_failed_commands: 1000, maximum_message_size: 20M}
            pop3: {maximum_failed_commands: 1000}
            imap: {maximum_failed_commands: 1000, sessions_per_address: 1000}
            limits: {sessions_per_address: 1000, sessions: 2000}
            queue: {first_local_delay: 1s}
            """
        return try RunningMartlet(Options(sections: sections), endsWithProcess: true)
    }

    /// - Parameters:
    ///   - slapd: that of another server; nil: one of its own.
    ///   - endsWithProcess: nobody else ends it.
    init(
        _ options: Options = Options(), slapd: PrivateSlapd? = nil, endsWithProcess: Bool = false
    ) throws {
        files = try TemporaryDirectory()
        ownsSlapd = slapd == nil
        self.slapd = try slapd ?? PrivateSlapd(try SampleUsers.options())
        launcher = options.launcher
        wakingPort = options.wakingPort
        if let user = options.user { try ChildProcess.run(["/bin/chown", user, files.path], in: files.path) }
        try TextFile.write(try Self.yaml(options, self.slapd), to: "\(files.path)/martlet.yaml")
        try start()
        if endsWithProcess { AtExit.end(self) }
    }

    deinit { end() }

    /// Both processes and all files.
    func end() {
        kill9()
        TemporaryDirectory.remove(path)
        guard ownsSlapd else { return }
        slapd.stop()
        TemporaryDirectory.remove(slapd.directory)
    }

    // MARK: The process

    func start() throws {
        try process.withLock { process in
            let ready = "\(path)/ready.json"
            unlink(ready)
            let pid = try ChildProcess.start(
                launcher + [try Self.binary(), "serve", "--config", configuration, "--ready", ready],
                output: "\(path)/log")
            let waker = wakingPort.flatMap { port in
                eventually { (try? Loopback.accepts(port: UInt16(port))) == true } ? try? LineClient(port: port) : nil
            }
            defer { withExtendedLifetime(waker) {} }
            for _ in 0..<12_000 {
                if let ports = Self.ports(ready) {
                    process = Process(pid: pid, ports: ports)
                    return
                }
                if ChildProcess.hasEnded(pid) { throw TestFailure("martlet ended: \(try log())") }
                usleep(5000)
            }
            ChildProcess.end(pid)
            throw TestFailure("martlet is not ready: \(try log())")
        }
    }

    /// SIGTERM.
    /// - Returns: the exit status, nil when it does not end.
    func stop() -> Int32? {
        process.withLock { process in
            guard process.pid > 0 else { return nil }
            kill(process.pid, SIGTERM)
            guard let status = Tool.exitStatus(of: process.pid, within: 90) else { return nil }
            process.pid = 0
            return status
        }
    }

    func kill9() {
        process.withLock { process in
            guard process.pid > 0 else { return }
            kill(process.pid, SIGKILL)
            waitpid(process.pid, nil, 0)
            process.pid = 0
        }
    }

    var pid: pid_t { process.withLock { $0.pid } }

    func signal(_ number: Int32) {
        process.withLock { process in _ = kill(process.pid, number) }
    }

    func port(_ listener: String) -> Int { process.withLock { $0.ports[listener] ?? 0 } }

    func log() throws -> String { try TextFile.read("\(path)/log") }

    /// A command of the same binary and configuration.
    func martlet(_ arguments: String...) throws -> Tool.Result { try martlet(arguments) }

    func martlet(_ arguments: [String]) throws -> Tool.Result {
        try Tool.run(
            [try Self.binary()] + arguments + ["--config", configuration])
    }

    /// What waits in the queue, a JSON object each.
    func queue() throws -> [String] {
        let listing = try martlet("queue", "list", "--json")
        guard listing.status == 0 else { throw TestFailure("\(listing)") }
        return listing.output.split(separator: "\n").map(String.init)
    }

    /// Adds entries below `ou=mail,dc=example,dc=org`.
    func add(_ entries: String) throws {
        let changes = entries.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("dn:")
                ? "\(line),ou=mail,dc=example,dc=org\nchangetype: add" : String(line)
        }
        try slapd.modify(changes.joined(separator: "\n") + "\n")
    }

    /// Changes a user's entry: lines of LDIF behind `changetype: modify`.
    func change(_ user: SampleUsers.User, _ lines: String) throws {
        try slapd.modify("dn: \(SampleUsers.dn(user))\nchangetype: modify\n\(lines)\n")
    }

    /// A user that no other test has.
    func newUser() -> SampleUsers.User {
        let number = nextUser.add(1, ordering: .relaxed).newValue
        return .init(address: SampleUsers.name(number), password: "secret-\(number)")
    }

    // MARK: Making

    /// Beside the running tests, or in the package's debug build.
    static func binary() throws -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        let tests = String(decoding: buffer[..<max(length, 0)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let beside = tests.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/martlet"
        for path in [beside, try SampleUsers.repository() + "/.build/debug/martlet"]
        where access(path, X_OK) == 0 { return path }
        throw TestFailure("no martlet binary at \(beside)")
    }

    static func yaml(_ options: Options, _ slapd: PrivateSlapd) throws -> String {
        let certificates = try Certificates.shared.get()
        let pairs =
            options.certificates
            ?? [certificates.org, certificates.net].map { ($0.certificate, $0.key) }
        let listeners = ["mx", "submission", "submissions", "odmr", "pop3", "pop3s", "imap", "imaps"].map { name in
            let more = options.listeners[name].map { ", \($0)" } ?? ""
            return "  \(name): {address: 127.0.0.1, port: 0\(more)}"
        }
        return """
            hostname: \(options.hostname)
            state: state
            \(options.user.map { "user: \($0)" } ?? "")
            listeners:
            \(listeners.joined(separator: "\n"))
            \(options.moreListeners)
            tls:
              certificates:
            \(pairs.map { "    - {chain: \($0.0), key: \($0.1)}" }.joined(separator: "\n"))
              \(options.tls)
            directory:
              uri: \(slapd.uri)
              base: "dc=example,dc=org"
              bind: {dn: "cn=martlet,dc=example,dc=org", password: reader-secret}
              start_tls: none
              preset: martlet
              timeout: \(options.timeout)
              cache: \(options.cache)
              \(options.directory)
            \(options.sections)
            \(options.sections.contains("dns:") ? "" : noDNS)
            event_loops: 2  # on any machine: what is shared between threads is to be seen

            """
    }

    /// Nobody answers there: what the names of this machine's network are is nothing to the tests.
    private static let noDNS = "dns: {servers: [127.0.0.1@1], timeout: 2s}"

    private struct Ready: Decodable {
        struct Address: Decodable { var port: Int }
        var listeners: [String: [Address]]
    }

    private static func ports(_ file: String) -> [String: Int]? {
        guard let data = FileManager.default.contents(atPath: file),
            let ready = try? JSONDecoder().decode(Ready.self, from: data)
        else { return nil }
        return ready.listeners.compactMapValues { $0.first?.port }
    }
}
