package import Glibc

/// glibc's, which its module map does not show.
@_silgen_name("posix_spawn_file_actions_addclosefrom_np")
@discardableResult
private func closeFrom(
    _ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ first: Int32
) -> Int32

/// A program started with `posix_spawn`, its output in a file. Ended by process id only.
package enum ChildProcess {
    /// Starts a program by path, its output and errors appended to a file.
    package static func start(_ arguments: [String], output: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // Not the sockets of tests that run beside: a connection whose other holder lives on does not end.
        closeFrom(&actions, 3)
        // The calling thread may block signals; what it starts must be able to end by SIGTERM.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { argv.forEach { free($0) } }
        var pid: pid_t = 0
        let status = posix_spawn(&pid, arguments[0], &actions, &attributes, argv, environ)
        guard status == 0 else {
            throw TestFailure("\(arguments[0]): \(String(cString: strerror(status)))")
        }
        return pid
    }

    /// Runs a program to its end and returns its output.
    ///
    /// - Throws: `TestFailure` with the output when it does not exit with 0.
    @discardableResult
    package static func run(_ arguments: [String], in directory: String) throws -> String {
        let output = directory + "/run-\(UInt32.random(in: 0 ... .max)).out"
        defer { unlink(output) }
        let pid = try start(arguments, output: output)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        let text = try TextFile.read(output)
        guard status == 0 else {
            throw TestFailure("\(arguments.joined(separator: " ")): status \(status): \(text)")
        }
        return text
    }

    /// Asks a process to end, makes it end after a minute, and collects it.
    package static func end(_ pid: pid_t) {
        kill(pid, SIGCONT)
        kill(pid, SIGTERM)
        for _ in 0..<6000 {
            if waitpid(pid, nil, WNOHANG) != 0 { return }
            usleep(10_000)
        }
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    /// Whether it ended by itself; collects it then.
    package static func hasEnded(_ pid: pid_t) -> Bool {
        waitpid(pid, nil, WNOHANG) != 0
    }
}
