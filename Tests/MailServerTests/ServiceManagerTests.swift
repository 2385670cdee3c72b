import Foundation
import TestSupport
import Testing

@testable import MailServer

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite struct ServiceManagerTests {
    /// Python's view of the socket: a path, or an abstract name.
    private static let listener = """
        import os, socket, sys
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        s.bind(sys.argv[1].replace("@", "\\0", 1))
        s.settimeout(20)
        print("bound", flush=True)
        for _ in range(2): print(s.recv(100).decode(), flush=True)
        """

    @Test(arguments: ["@martlet-test-", NSTemporaryDirectory() + "notify-"])
    func statesArrive(prefix: String) async throws {
        let path = prefix + UUID().uuidString.prefix(8)
        defer { unlink(path) }
        let files = try TemporaryDirectory()
        defer { TemporaryDirectory.remove(files.path) }
        let output = "\(files.path)/output"
        let pid = try ChildProcess.start(
            ["/usr/bin/env", "python3", "-c", Self.listener, path], output: output)
        for _ in 0..<6000 where try TextFile.read(output) != "bound\n" { usleep(5000) }
        ServiceManager.tell(.ready, at: path)
        ServiceManager.tell(.stopping, at: path)
        waitpid(pid, nil, 0)
        #expect(try TextFile.read(output) == "bound\nREADY=1\nSTOPPING=1\n")
    }

    /// Nobody listens, or there is no such thing: nothing happens.
    @Test(arguments: ["", "relative", "/nowhere/notify", "@nobody", "/" + String(repeating: "x", count: 200)])
    func otherPathsAreIgnored(path: String) {
        ServiceManager.tell(.ready, at: path)
    }
}

@Suite struct PrivilegesTests {
    /// None of these changes anything in the process that runs the tests.
    @Test(arguments: [
        ("no-such-user", nil, "there is no user no-such-user"),
        ("nobody", "no-such-group", "there is no group no-such-group"),
        ("root", nil, "user root is root: choose one without its rights"),
    ])
    func usersThatWillNotDo(user: String, group: String?, problem: String) {
        let identity = [getuid(), geteuid(), getgid(), getegid()]
        let error = #expect(throws: ServerStartError.self) {
            try Privileges.drop(to: user, group: group)
        }
        #expect(error?.description == problem)
        #expect([getuid(), geteuid(), getgid(), getegid()] == identity)
    }
}
