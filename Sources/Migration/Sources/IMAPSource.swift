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

    /// So many messages in a row that end the session are the server's fault, not theirs.
    private static let maximumReconnections = 5

    package let identity: String
    private let login: Login
    private var client: IMAPClient
    /// The mailbox that is open, as it goes over the wire.
    private var selected = ""
    private var reconnections = 0

    package init(_ login: Login) throws(MigrationError) {
        // The same mailboxes stand behind both usual ports.
        let place = [143, 993].contains(login.port) ? "" : ":\(login.port)"
        identity = "imap:\(login.user)@\(login.host)\(place)"
        self.login = login
        client = try Self.connect(login)
    }

    private static func connect(_ login: Login) throws(MigrationError) -> IMAPClient {
        let client = try IMAPClient(
            IMAPClient.Place(
                host: login.host, port: login.port, implicitTLS: login.implicitTLS,
                authorities: login.authorities, verifiesCertificate: login.verifiesCertificate))
        try client.logIn(user: login.user, password: login.password)
        return client
    }

    deinit { client.logOut() }

    package func folders() throws(MigrationError) -> [SourceFolder] {
        try client.personalMailboxes().map { mailbox in
            let wire = String(mailbox.wire.dropFirst(mailbox.prefix.count))
            var name = ModifiedUTF7.decode(wire.utf8) ?? wire
            if let delimiter = mailbox.delimiter, delimiter != "/" {
                name = name.replacing("/", with: "_").replacing(delimiter, with: "/")
            }
            return SourceFolder(
                name: name.uppercased() == "INBOX" ? "INBOX" : name,
                specialUse: SpecialUse.allCases.first {
                    mailbox.attributes.contains($0.rawValue.lowercased())
                }, location: mailbox.wire)
        }
    }

    package func messages(in folder: SourceFolder) throws(MigrationError) -> [SourceMessage] {
        var validity = "0"
        var count = 0
        selected = folder.location
        try examine { response throws(MigrationError) in
            if response.values.count == 2, response.values[1].text == "EXISTS" {
                count = response.values[0].text.flatMap { Int($0) } ?? 0
            }
            let text = response.humanText
            guard response.keyword == "OK", let start = text.range(of: "[UIDVALIDITY ")?.upperBound
            else { return }
            validity = String(text[start...].prefix { $0.isNumber })
        }
        // A range of nothing is an error to some servers.
        guard count > 0 else { return [] }
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

    private func examine(
        _ untagged: (ServerResponse) throws(MigrationError) -> Void = { _ in }
    ) throws(MigrationError) {
        var command = ByteBuffer(string: "EXAMINE ")
        command.writeIMAPString(selected)
        try client.perform(command, shown: "EXAMINE", untagged)
    }

    /// A server may end the session over one message that it can't read (Dovecot does): the others
    /// are to be copied still.
    package func read(
        _ message: SourceMessage, _ body: (UnsafeRawBufferPointer) throws(MigrationError) -> Void
    ) throws(MigrationError) {
        do throws(MigrationError) {
            try fetch(message, body)
            reconnections = 0
        } catch {
            guard !error.isOfOneMessage, reconnections < Self.maximumReconnections else { throw error }
            reconnections += 1
            client = try Self.connect(login)
            try examine()
            throw MigrationError(error.description, isOfOneMessage: true)
        }
    }

    private func fetch(
        _ message: SourceMessage, _ body: (UnsafeRawBufferPointer) throws(MigrationError) -> Void
    ) throws(MigrationError) {
        var octets = 0
        try withoutActuallyEscaping(body) { body throws(MigrationError) in
            _ = try client.perform(
                "UID FETCH \(message.location) (BODY.PEEK[])",
                { response throws(MigrationError) in
                    // A short message may come as a quoted string.
                    guard case .string(let text)? = FetchItems(response)?["BODY[]"] else { return }
                    octets += text.count
                    var failure: MigrationError?
                    text.withUnsafeBytes { bytes in
                        do throws(MigrationError) { try body(bytes) } catch { failure = error }
                    }
                    if let failure { throw failure }
                },
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
