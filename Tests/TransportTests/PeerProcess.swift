import Foundation
import Glibc
import Transport

/// A program that serves on a free port of 127.0.0.1 and prints it in its first line. Ends with this
/// object.
final class PeerProcess: @unchecked Sendable {
    let endpoint: Endpoint
    private let process = Process()

    init(python script: String, _ arguments: String...) async throws {
        let process = process
        endpoint = try await blocking {
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["python3", "-c", script] + arguments
            let stdout = Pipe()
            process.standardOutput = stdout
            try process.run()
            let line = String(decoding: stdout.fileHandleForReading.availableData, as: UTF8.self)
            guard let port = UInt16(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
                throw ProcessFailure(output: line)
            }
            return .address("127.0.0.1", port: port)
        }
    }

    /// It may have inherited a blocked SIGTERM. Foundation reaps it.
    deinit {
        kill(process.processIdentifier, SIGKILL)
    }
}
