import Foundation
import Glibc
import Synchronization
import TestSupport

/// Somebody else's mail server: `sink.py`, which takes mail and tells what happened. Ends with the
/// value.
final class Sink: Sendable {
    /// One thing that happened: a command, a TLS handshake, or a message that was taken.
    struct Event: Decodable, Sendable {
        var session: Int
        var command: String?
        /// TLS version and the name that the client asked for.
        var tls: String?
        var name: String?
        var secure: Bool?
        var login: String?
        var mail: String?
        var recipients: [String]?
        var chunks: Int?
        var content: Data?
        /// A reply that nobody has asked for.
        var stray: String?

        /// Its lines without their ends.
        var lines: [String] {
            String(decoding: content ?? Data(), as: UTF8.self).components(separatedBy: "\r\n")
        }
    }

    let port: Int
    private let address: String
    private let files: TemporaryDirectory
    private let arguments: [String]
    private let pid: Mutex<pid_t>

    /// - Parameters:
    ///   - arguments: of `sink.py`.
    ///   - isAway: it does not listen before `start`.
    init(
        _ arguments: [String] = [], address: String = "127.0.0.1", port: Int? = nil,
        isAway: Bool = false
    ) throws {
        files = try TemporaryDirectory()
        self.address = address
        self.port = try port ?? Int(Loopback.freePort())
        self.arguments = arguments
        pid = Mutex(0)
        if !isAway { try start() }
    }

    deinit { stop() }

    func start() throws {
        let ready = files.path + "/ready"
        let log = files.path + "/log"
        unlink(ready)
        let pid = try ChildProcess.start(
            [
                "/usr/bin/python3", try SampleUsers.repository() + "/Tests/IntegrationTests/Support/sink.py",
                "--address", address, "--port", "\(port)", "--out", files.path + "/out", "--ready", ready,
            ] + arguments, output: log)
        self.pid.withLock { $0 = pid }
        guard eventually({ access(ready, F_OK) == 0 }) else {
            throw TestFailure("the sink is not ready: \(try TextFile.read(log))")
        }
    }

    func stop() {
        pid.withLock { pid in
            if pid > 0 { ChildProcess.end(pid) }
            pid = 0
        }
    }

    /// From now on it has no rules whose count is `+`.
    func relent() throws { try TextFile.write("", to: files.path + "/out.relented") }

    /// What has happened so far.
    func events() throws -> [Event] {
        guard let text = try? TextFile.read(files.path + "/out") else { return [] }
        // The last line may not be whole yet.
        return try text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
            try Self.decoder.decode(Event.self, from: Data($0.utf8))
        }
    }

    func commands() throws -> [String] { try events().compactMap(\.command) }

    /// Messages that were taken, or sent and refused, once there are so many.
    func messages(_ count: Int = 1) throws -> [Event] {
        try eventually {
            let messages = try events().filter { $0.mail != nil }
            return messages.count >= count ? messages : nil
        }
    }

    private static let decoder = JSONDecoder()
}
