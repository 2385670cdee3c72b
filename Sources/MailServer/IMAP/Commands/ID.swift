internal import IMAP
internal import Logging
internal import Transport

extension IMAPSession {
    /// Octets of the client's name and version in the log.
    private static let loggedLength = 100

    /// RFC 2971. Our version is nobody's business; the client's is of use in the log.
    func id(_ fields: [IDField]) -> Completion {
        let parts = ["name", "version"].compactMap { name in
            fields.first { $0.name.lowercased() == name }?.value
        }
        if !parts.isEmpty {
            let client = String(parts.joined(separator: " ").prefix(Self.loggedLength))
            user?.client = client
            login?.client = client
            logger.debug(
                "IMAP client",
                metadata: ["client": "\(client)", "remote": "\(connection.remoteAddress)"])
        }
        output.writeUntagged("ID (\"name\" \"Martlet\")")
        return .ok("ID completed")
    }
}
