import Foundation
import Testing
import TestSupport

/// The server whose mail goes to peers of a test's own, each by a domain of its own in the directory.
enum OutboundServer {
    static let shared: Result<RunningMartlet, any Error> = Result {
        try RunningMartlet(.init(sections: sections), endsWithProcess: true)
    }

    static let sections = """
        authentication: {maximum_delay: 5ms}
        smtp: {bare_line_ends: normalise, maximum_message_size: 20M}
        limits: {sessions_per_address: 1000}
        queue: {first_remote_delay: 1s, maximum_delay: 10s, first_local_delay: 1s}
        outbound:
          failure_memory: 1s
          connect_timeout: 5s
          credentials:
            127.0.0.2: {user: martlet, password: relay-secret}
            127.0.0.3: {user: martlet, password: wrong}
            127.0.0.4: {user: martlet, password: relay-secret}
          tls_policies: {127.0.0.2: may, 127.0.0.3: may}
        """
}

extension RunningMartlet {
    /// A new domain whose mail goes to the sink: its name.
    /// - Parameters:
    ///   - prefix: of the host, as in `lmtp:`.
    ///   - more: further lines of its entry.
    func domain(
        to sink: Sink, prefix: String = "", host: String = "127.0.0.1", _ more: String...
    ) throws -> String {
        let name = "\(newUser().address.prefix { $0 != "@" }).routed.example"
        try add(Self.domainEntry(name, ["martletRoutingHost: \(prefix)\(host):\(sink.port)"] + more))
        return name
    }

    static func domainEntry(_ name: String, _ more: [String]) -> String {
        """
        dn: ou=\(name)
        objectClass: organizationalUnit
        objectClass: domainRelatedObject
        objectClass: martletDomain
        ou: \(name)
        associatedDomain: \(name)
        \(more.joined(separator: "\n"))
        """
    }

    /// Hands a message in for a user, whatever its octets.
    func submit(
        _ message: String, to recipients: [String], as user: SampleUsers.User, parameters: String = "",
        recipientParameters: String = ""
    ) throws {
        let client = try smtp(.user, as: user)
        try client.expect("MAIL FROM:<\(user.address)>\(parameters)", "250")
        for recipient in recipients {
            try client.expect("RCPT TO:<\(recipient)>\(recipientParameters)", "250")
        }
        try client.expect("DATA", "354")
        try client.expect(message + "\r\n.", "250 2.0.0")
        try client.expect("QUIT", "221")
    }

    /// What the queue says of a recipient, once it has been tried.
    func waiting(_ address: String) throws -> String {
        try eventually {
            try queue().first { $0.contains(address) && $0.contains("deferred") }
        }
    }
}
