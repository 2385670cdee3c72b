import Glibc
import TestSupport
import Transport

/// A program that serves on a free port of 127.0.0.1 and prints it in its first line. Ends with this
/// object.
final class PeerProcess: Sendable {
    let endpoint: Endpoint
    private let files: TemporaryDirectory
    private let pid: pid_t

    init(python script: String, _ arguments: String...) async throws {
        let files = try TemporaryDirectory()
        let output = "\(files.path)/output"
        let pid = try ChildProcess.start(
            ["/usr/bin/env", "python3", "-u", "-c", script] + arguments, output: output)
        self.files = files
        self.pid = pid
        endpoint = try await blocking {
            .address("127.0.0.1", port: try Self.port(in: output, of: pid))
        }
    }

    deinit {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        TemporaryDirectory.remove(files.path)
    }

    private static func port(in output: String, of pid: pid_t) throws -> UInt16 {
        for _ in 0..<6000 {
            let text = try TextFile.read(output)
            if let end = text.firstIndex(of: "\n"), let port = UInt16(text[..<end]) { return port }
            usleep(5000)
        }
        throw TestFailure("no port: \(try TextFile.read(output))")
    }
}
