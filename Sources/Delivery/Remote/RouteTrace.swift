internal import DNS
internal import Directory
internal import MailModel
internal import Synchronization

/// Where those who find the way of a message note what they go by, when somebody asked.
final class RouteTrace: Sendable {
    private let lines = Mutex<[String]>([])

    func note(_ line: String) { lines.withLock { $0.append(line) } }

    func noteOurselves(_ host: String) {
        note("\(host) is this server: no host behind it counts, nor it itself")
    }

    /// What was noted since the last call.
    func take() -> [String] {
        lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
    }

    static func signed(_ isSecure: Bool) -> String { isSecure ? "signed by DNSSEC" : "not signed" }

    static func list(_ hops: [NextHop]) -> String {
        hops.map(\.description).joined(separator: ", ")
    }

    static func list(_ hosts: HostList) -> String {
        hosts.choices.map { "\($0.preference) \($0.hop)" }.joined(separator: ", ")
    }

    static func list(_ exchangers: [MailExchanger]) -> String {
        exchangers.map { "\($0.preference) \($0.name)" }.joined(separator: ", ")
    }
}
