internal import MailModel
internal import IMAP
internal import NIOCore

/// An account on another IMAP server.
package final class IMAPSource: MailSource {
    package struct Login: Sendable {
        package var host: String
        package var port: Int
        package var implicitTLS: Bool
        package var authorities: String?
        package var verifiesCertificate: Bool
        package var user: String
        package var password: String

        package init(
            host: String, port: Int, implicitTLS: Bool, authorities: String?,
            verifiesCertificate: Bool, user: String, password: String
        ) {
            self.host = host
            self.port = port
            self.implicitTLS = implicitTLS
            self.authorities = authorities
            self.verifiesCertificate = verifiesCertificate
            self.user = user
            self.password = password
        }
    }

    package let identity: String
    private let client: IMAPClient

    package init(_ login: Login) throws(MigrationError) {
        identity = "imap:\(login.user)@\(login.host):\(login.port)"
        client = try IMAPClient(
            IMAPClient.Place(
                host: login.host, port: login.port, implicitTLS: login.implicitTLS,
                authorities: login.authorities, verifiesCertificate: login.verifiesCertificate))
        try client.logIn(user: login.user, password: login.password)
    }

    deinit { client.logOut() }

    package func folders() throws(MigrationError) -> [SourceFolder] {
        let command =
            client.capabilities.contains("SPECIAL-USE")
            ? "LIST \"\" \"*\" RETURN (SPECIAL-USE)" : "LIST \"\" \"*\""
        var folders: [SourceFolder] = []
        try client.perform(command) { response throws(MigrationError) in
            guard response.keyword == "LIST", response.values.count >= 4,
                let attributes = response.values[1].items?.compactMap({ $0.text }),
                let wire = response.values[3].text
            else { return }
            let lower = attributes.map { $0.lowercased() }
            if lower.contains("\\noselect") || lower.contains("\\nonexistent") { return }
            // A mailbox that shows others' messages would only double them.
            if lower.contains("\\all") || lower.contains("\\flagged") { return }
            var name = ModifiedUTF7.decode(wire.utf8) ?? wire
            if let delimiter = response.values[2].text, delimiter != "/" {
                name = name.replacing("/", with: "_").replacing(delimiter, with: "/")
            }
            folders.append(
                SourceFolder(
                    name: name.uppercased() == "INBOX" ? "INBOX" : name,
                    specialUse: SpecialUse.allCases.first {
                        lower.contains($0.rawValue.lowercased())
                    }, location: wire))
        }
        return folders
    }

    package func messages(in folder: SourceFolder) throws(MigrationError) -> [SourceMessage] {
        var validity = "0"
        var command = ByteBuffer(string: "EXAMINE ")
        command.writeIMAPString(folder.location)
        try client.perform(command, shown: "EXAMINE") { response throws(MigrationError) in
            let text = response.humanText
            guard response.keyword == "OK", let start = text.range(of: "[UIDVALIDITY ")?.upperBound
            else { return }
            validity = String(text[start...].prefix { $0.isNumber })
        }
        var messages: [SourceMessage] = []
        try client.perform("UID FETCH 1:* (UID FLAGS INTERNALDATE)") { response throws(MigrationError) in
            guard let items = FetchItems(response), let uid = items["UID"]?.text else { return }
            var message = SourceMessage(key: "\(validity).\(uid)", location: uid)
            for flag in items["FLAGS"]?.items?.compactMap({ $0.text }) ?? [] {
                if !message.flags.insert(named: flag), !flag.hasPrefix("\\") {
                    message.keywords.append(flag)
                }
            }
            message.date = items["INTERNALDATE"]?.text.flatMap(InternalDate.parse)
            messages.append(message)
        }
        return messages
    }

    package func read(
        _ message: SourceMessage, _ body: (UnsafeRawBufferPointer) throws(MigrationError) -> Void
    ) throws(MigrationError) {
        var octets = 0
        try withoutActuallyEscaping(body) { body throws(MigrationError) in
            _ = try client.perform(
                "UID FETCH \(message.location) (BODY.PEEK[])",
                sink: { part throws(MigrationError) in
                    octets += part.count
                    try body(part)
                })
        }
        guard octets > 0 else {
            throw MigrationError("the message is gone, or empty", isOfOneMessage: true)
        }
    }
}

extension String {
    fileprivate func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}
