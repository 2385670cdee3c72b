import Glibc
import Synchronization

/// A real, authoritative name server (nsd) of a test's own: on an ephemeral port of 127.0.0.1, UDP
/// and TCP, with its files in a temporary directory. Ends with the value.
///
/// It answers for its zones and refuses the rest, which a resolver that forwards to it takes for a
/// failure. There is no root, so the keys of each signed zone are trusted by themselves; a zone
/// without signatures below a signed one must be delegated there by NS records.
///
/// Needs Debian's nsd and ldnsutils. Its methods block, briefly.
package final class NameServer: Sendable {
    package let port: UInt16
    /// DS records of the signed zones; without any, a file with a comment.
    package let trustAnchorFile: String
    private let files: TemporaryDirectory
    /// 0 while stopped.
    private let pid: Mutex<pid_t>

    /// As libunbound wants it.
    package var address: String { "127.0.0.1@\(port)" }

    package static func start(zones: [Zone]) throws -> NameServer {
        try NameServer(zones)
    }

    private init(_ zones: [Zone]) throws {
        files = try TemporaryDirectory()
        trustAnchorFile = "\(files.path)/anchors"
        var anchors = "; trust anchors\n"
        for zone in zones { anchors += try Self.make(zone, files.path) }
        try TextFile.write(anchors, to: trustAnchorFile)
        let pid: pid_t
        (port, pid) = try Self.startOnFreePort(zones, files.path)
        self.pid = Mutex(pid)
    }

    deinit { stop() }

    package func stop() {
        pid.withLock { pid in
            guard pid > 0 else { return }
            ChildProcess.end(pid)
            pid = 0
        }
    }

    /// On the same port, with the same zones.
    package func start() throws {
        try pid.withLock { pid in
            guard pid == 0 else { return }
            pid = try Self.launch(files.path, port)
        }
    }

    /// Serves other records of one of the zones. Resolvers may remember the old ones.
    package func replace(_ zone: Zone) throws {
        stop()
        _ = try Self.make(zone, files.path)
        try start()
    }

    // MARK: Zones

    /// Writes a zone's file, signed with the zone's key, which is made at the first time.
    /// - Returns: The key's DS records.
    private static func make(_ zone: Zone, _ directory: String) throws -> String {
        let file = self.file(zone, directory)
        try TextFile.write(zone.masterFile, to: file)
        guard zone.isSigned else { return "" }
        let key = try key(zone, directory)
        try ChildProcess.run(
            ["/usr/bin/ldns-signzone", "-o", zone.origin, "-f", "\(file).signed", file, key],
            in: directory)
        var text = try TextFile.read("\(file).signed")
        for (original, forgery) in zone.forgeries {
            let parts = split(text, at: original)
            guard parts.count > 1 else { throw TestFailure("no \(original) in \(zone.name)") }
            text = parts.joined(separator: forgery)
        }
        try TextFile.write(text, to: file)
        return try TextFile.read("\(key).ds")
    }

    /// The path of the zone's key without its extensions.
    private static func key(_ zone: Zone, _ directory: String) throws -> String {
        let note = "\(file(zone, directory)).key-name"
        if access(note, F_OK) != 0 {
            // It leaves the key where it runs.
            let name = try ChildProcess.run(
                [
                    "/usr/bin/env", "-C", directory, "ldns-keygen", "-k", "-a", "ECDSAP256SHA256",
                    zone.origin,
                ], in: directory)
            try TextFile.write("\(directory)/\(name.filter { !$0.isWhitespace })", to: note)
        }
        return try TextFile.read(note)
    }

    private static func file(_ zone: Zone, _ directory: String) -> String {
        "\(directory)/\(zone.name == "." ? "root" : zone.name).zone"
    }

    private static func split(_ text: String, at separator: String) -> [Substring] {
        text.split(separator: separator, omittingEmptySubsequences: false)
    }

    // MARK: Starting

    private static func startOnFreePort(
        _ zones: [Zone], _ directory: String
    ) throws -> (UInt16, pid_t) {
        var last: any Error = TestFailure("nsd was not started")
        for _ in 0..<5 {
            let port = try Loopback.freePort()
            do {
                try TextFile.write(
                    configuration(zones, directory, port), to: "\(directory)/nsd.conf")
                return (port, try launch(directory, port))
            } catch {
                // Somebody else may have taken the port meanwhile.
                last = error
            }
        }
        throw last
    }

    private static func configuration(
        _ zones: [Zone], _ directory: String, _ port: UInt16
    ) -> String {
        // No user to change to, no database, no limit of answers a second.
        var text = """
            server:
                ip-address: 127.0.0.1@\(port)
                username: ""
                zonesdir: "\(directory)"
                database: ""
                zonelistfile: "\(directory)/zone.list"
                xfrdfile: ""
                xfrdir: "\(directory)"
                pidfile: ""
                server-count: 1
                rrl-ratelimit: 0
            remote-control:
                control-enable: no

            """
        for zone in zones {
            text += "zone:\n    name: \"\(zone.origin)\"\n"
            text += "    zonefile: \"\(file(zone, directory))\"\n"
        }
        return text
    }

    /// Starts nsd and waits until it listens.
    private static func launch(_ directory: String, _ port: UInt16) throws -> pid_t {
        let log = "\(directory)/nsd.log"
        let pid = try ChildProcess.start(
            ["/usr/sbin/nsd", "-d", "-c", "\(directory)/nsd.conf"], output: log)
        for _ in 0..<12_000 {
            if ChildProcess.hasEnded(pid) {
                throw TestFailure("nsd ended: \(try TextFile.read(log))")
            }
            if try Loopback.accepts(port: port) { return pid }
            usleep(5000)
        }
        ChildProcess.end(pid)
        throw TestFailure("nsd does not listen: \(try TextFile.read(log))")
    }
}
