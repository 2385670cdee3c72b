import Glibc
import TestSupport

/// A host of a distributed domain, made to behave as a test wants: a Python script that answers by the
/// local part of the address. Ends with the value.
///
/// `bob` is known; `eve` is not; `late` gets 450; `dies` and `hangs` do as they say. Each connection and
/// each command is a line in the log.
final class MemberHost {
    /// What VRFY is answered with.
    enum Verifying: String { case yes, unsure, no }

    let port: UInt16
    private let pid: pid_t
    private let files: TemporaryDirectory

    /// - Parameter known: further local parts that are known here.
    init(_ verifying: Verifying, address: String = "127.0.0.1", known: [String] = [], options: String = "") throws {
        files = try TemporaryDirectory()
        port = try Loopback.freePort()
        try TextFile.write(Self.script, to: "\(files.path)/host.py")
        pid = try ChildProcess.start(
            [
                "/usr/bin/python3", "-u", "\(files.path)/host.py", address, "\(port)",
                verifying.rawValue, (["bob"] + known).joined(separator: ","), options,
            ], output: "\(files.path)/log")
        for _ in 0..<12_000 {
            if try commands().contains("listening") { return }
            usleep(5000)
        }
        throw TestFailure("the host does not listen: \(try commands())")
    }

    deinit { ChildProcess.end(pid) }

    func commands() throws -> [String] {
        try TextFile.read("\(files.path)/log").split(separator: "\n").map(String.init)
    }

    private static let script = """
        import os, re, socketserver, sys, time
        address, port, verifying, known, options = sys.argv[1:6]
        known = known.split(",")

        # Whole lines, whoever else writes.
        def note(line):
            sys.stdout.write(line + "\\n")
            sys.stdout.flush()

        class Host(socketserver.StreamRequestHandler):
            def say(self, line):
                self.wfile.write((line + "\\r\\n").encode())

            def judge(self, line, yes):
                name = re.search(r"([a-z]+)@", line).group(1)
                if name == "dies":
                    self.connection.close()
                    raise EOFError
                if name == "hangs":
                    time.sleep(60)
                if name == "late":
                    self.say("450 4.2.1 later")
                else:
                    self.say(yes if name in known else "550 5.1.1 unknown")

            def handle(self):
                note("connected")
                if options == "mute":
                    time.sleep(60)
                self.say("220 member.example")
                try:
                    for line in self.rfile:
                        line = line.decode().rstrip()
                        note(line)
                        verb = line[:4].upper()
                        if verb == "EHLO" and options == "badtls":
                            self.say("250-member.example\\r\\n250 STARTTLS")
                        elif verb == "STAR":
                            self.say("220 go ahead")
                            self.connection.recv(100)
                            self.say("no TLS at all")
                            return
                        elif verb == "VRFY" and verifying != "yes":
                            self.say("252 2.5.0 perhaps" if verifying == "unsure" else "502 5.5.1 no")
                        elif verb == "VRFY":
                            self.judge(line, "250 yes")
                        elif verb == "RCPT":
                            self.judge(line, "250 2.1.5 yes")
                        elif verb == "QUIT":
                            self.say("221 bye")
                            return
                        else:
                            self.say("250 ok")
                except (EOFError, OSError, ValueError):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        with Server((address, int(port)), Host) as server:
            note("listening")
            server.serve_forever()
        """
}
