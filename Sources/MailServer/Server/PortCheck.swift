internal import Directory
internal import NIOCore
internal import Transport

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

internal import class Foundation.FileManager

/// Whether the configuration's addresses can be listened on, by trying to. To be made while the process
/// has the rights with which the server opens them.
struct PortCheck: Sendable {
    private var taken: [EarlySockets.Address] = []
    /// For lack of rights. The server may have them, from its service manager.
    private var untried: [EarlySockets.Address] = []
    private var findings: [Finding] = []

    init(_ configuration: ServerConfiguration) {
        for address in EarlySockets.addresses(configuration) where address.port != 0 {
            do {
                try ListeningSocket.probe(host: address.host, port: address.port)
            } catch {
                switch (error as? IOError)?.errnoCode {
                case EADDRINUSE: taken.append(address)
                case EACCES: untried.append(address)
                default:
                    findings.append(
                        Finding(
                            .error, address.key, "cannot listen on \(address): \(ListeningPlace.reason(error))",
                            whatToDo: "name an address of this host, or leave the key out for all of them"))
                }
            }
        }
    }

    /// - Parameter socket: the running server's for control, which tells that there is one.
    func findings(controlSocket socket: String) -> [Finding] {
        var findings = findings
        if !untried.isEmpty {
            findings.append(
                Finding(
                    .hint, "listeners", "not tried without the right to: \(Self.list(untried))",
                    whatToDo: "check as root to know"))
        }
        guard !taken.isEmpty else { return findings }
        if Self.mayRun(socket) || Self.hasSocketUnits {
            return findings + [
                Finding(
                    .warning, "listeners", "in use already: \(Self.list(taken))",
                    whatToDo: "see that it is the running server's or its socket units' (ss -ltnp)")
            ]
        }
        return findings + taken.map {
            Finding(
                .error, $0.key, "cannot listen on \($0): Address already in use",
                whatToDo: "end what listens there (ss -ltnp names it), or choose another port or address")
        }
    }

    private static func list(_ addresses: [EarlySockets.Address]) -> String {
        addresses.map { "\($0.listener) (\($0))" }.joined(separator: ", ")
    }

    /// Whoever may not look can't tell.
    private static func mayRun(_ socket: String) -> Bool {
        guard access(socket, F_OK) == 0 else { return errno == EACCES }
        return SocketFile.isAnswered(socket)
    }

    /// systemd listens for the server, also while that does not run.
    private static var hasSocketUnits: Bool {
        let wanted = "/etc/systemd/system/sockets.target.wants"
        return (try? FileManager.default.contentsOfDirectory(atPath: wanted))?
            .contains { $0.hasPrefix("martlet-") } == true
    }
}
