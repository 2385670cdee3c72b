/// Where to import from, as the command line names it.
package enum MailLocation: Sendable, Equatable {
    case maildir(String)
    case mbox(String)
    case imap(user: String, host: String, port: Int, implicitTLS: Bool)

    /// ```
    /// location = "maildir:" path / "mbox:" path / ("imaps" / "imap") "://" user "@" host [":" port]
    /// ```
    /// The user may hold "@": the last one counts.
    package init(_ text: String) throws(MigrationError) {
        if let path = text.dropPrefix("maildir:"), !path.isEmpty {
            self = .maildir(path)
        } else if let path = text.dropPrefix("mbox:"), !path.isEmpty {
            self = .mbox(path)
        } else if let place = text.dropPrefix("imaps://") {
            self = try Self.server(place, text, implicitTLS: true, usualPort: 993)
        } else if let place = text.dropPrefix("imap://") {
            self = try Self.server(place, text, implicitTLS: false, usualPort: 143)
        } else {
            throw Self.expected(text)
        }
    }

    private static func server(
        _ place: String, _ text: String, implicitTLS: Bool, usualPort: Int
    ) throws(MigrationError) -> MailLocation {
        guard let at = place.lastIndex(of: "@"), at > place.startIndex else { throw expected(text) }
        let address = place[place.index(after: at)...].prefix { $0 != "/" }
        let parts = address.split(separator: ":", omittingEmptySubsequences: false)
        guard let host = parts.first, !host.isEmpty, parts.count <= 2 else { throw expected(text) }
        guard let port = parts.count == 2 ? Int(parts[1]) : usualPort, (1...65535).contains(port)
        else { throw expected(text) }
        return .imap(
            user: String(place[..<at]), host: String(host), port: port, implicitTLS: implicitTLS)
    }

    private static func expected(_ text: String) -> MigrationError {
        MigrationError(
            "“\(text)”: expected maildir:PATH, mbox:PATH, imaps://USER@HOST[:PORT] or "
                + "imap://USER@HOST[:PORT]")
    }

    package var needsPassword: Bool {
        if case .imap = self { true } else { false }
    }

    /// - Parameters:
    ///   - password: of the IMAP account.
    ///   - authorities: a PEM file of CAs; nil: the system's.
    package func open(password: String, authorities: String?, verifiesCertificate: Bool)
        throws(MigrationError) -> any MailSource
    {
        switch self {
        case .maildir(let path): try MaildirSource(path: path)
        case .mbox(let path): try MboxSource(path: path)
        case .imap(let user, let host, let port, let implicitTLS):
            try IMAPSource(
                IMAPSource.Login(
                    host: host, port: port, implicitTLS: implicitTLS, authorities: authorities,
                    verifiesCertificate: verifiesCertificate, user: user, password: password))
        }
    }
}

extension String {
    fileprivate func dropPrefix(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
