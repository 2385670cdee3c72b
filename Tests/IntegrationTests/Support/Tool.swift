import Glibc
import TestSupport

/// Runs somebody else's program, or ours, to its end.
enum Tool {
    struct Result: CustomStringConvertible {
        var status: Int32
        /// What it wrote, errors included.
        var output: String
        var description: String { "status \(status): \(output)" }
    }

    /// - Parameter input: what it reads; nothing by default.
    /// - Throws: when it runs for more than three minutes.
    static func run(
        _ arguments: [String], input: String = "", environment: [String] = []
    ) throws -> Result {
        let files = try TemporaryDirectory()
        try TextFile.write(input, to: files.path + "/in")
        let pid = try ChildProcess.start(
            ["/usr/bin/env"] + environment
                + ["/bin/sh", "-c", "exec \"$@\" <\"$0\"", files.path + "/in"] + arguments,
            output: files.path + "/out")
        guard let status = exitStatus(of: pid, within: 180) else {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            throw TestFailure("\(arguments) runs for ever: \(try TextFile.read(files.path + "/out"))")
        }
        return Result(status: status, output: try TextFile.read(files.path + "/out"))
    }

    /// Waits for a child's end; nil when it still runs. A signal's number counts from 128.
    static func exitStatus(of pid: pid_t, within seconds: Int) -> Int32? {
        var status: Int32 = 0
        for _ in 0..<(seconds * 200) {
            if waitpid(pid, &status, WNOHANG) == pid {
                return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
            }
            usleep(5000)
        }
        return nil
    }
}

/// Asks again and again, for a minute at least, until it is so.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<3000 {
        if try condition() { return true }
        usleep(20_000)
    }
    return false
}

/// The first value that is there, as `eventually`.
func eventually<Value>(_ value: () throws -> Value?) throws -> Value {
    for _ in 0..<3000 {
        if let value = try value() { return value }
        usleep(20_000)
    }
    throw TestFailure("waited in vain")
}
