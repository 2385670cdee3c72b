internal import Authentication
internal import IMAP
internal import Transport

/// What the server offers on this connection now. This is the one place that knows.
extension IMAPSession {
    /// In every state.
    private static let general = [
        "IMAP4rev1", "IMAP4rev2", "LITERAL+", "SASL-IR", "ID", "ENABLE", "LOGIN-REFERRALS",
        "UTF8=ACCEPT",
    ]

    /// After login; before, they would only cost octets.
    private static let loggedIn = [
        // Mailboxes
        "NAMESPACE", "CHILDREN", "LIST-EXTENDED", "LIST-STATUS", "LIST-METADATA", "LIST-MYRIGHTS",
        "SPECIAL-USE", "CREATE-SPECIAL-USE", "METADATA", "ACL", "RIGHTS=kxte", "QUOTA",
        "QUOTA=RES-STORAGE", "QUOTA=RES-MESSAGE", "QUOTASET", "OBJECTID", "STATUS=SIZE",
        // Messages
        "UIDPLUS", "MOVE", "UNSELECT", "CONDSTORE", "QRESYNC", "UIDONLY", "BINARY", "CATENATE",
        "MULTIAPPEND", "REPLACE", "SAVEDATE", "PREVIEW",
        // Searching
        "ESEARCH", "SEARCHRES", "WITHIN", "SORT", "SORT=DISPLAY", "ESORT", "THREAD=REFERENCES",
        "THREAD=REFS", "THREAD=ORDEREDSUBJECT", "CONTEXT=SEARCH", "CONTEXT=SORT", "PARTIAL",
        "MULTISEARCH", "SEARCH=FUZZY", "I18NLEVEL=1", "INPROGRESS",
        // The session
        "IDLE", "NOTIFY", "UNAUTHENTICATE", "COMPRESS=DEFLATE",
    ]

    private static let generalText = general.joined(separator: " ")
    private static let loggedInText = (general + loggedIn).joined(separator: " ")

    /// Behind the word CAPABILITY.
    var capabilities: String {
        guard user == nil else {
            return "\(Self.loggedInText) APPENDLIMIT=\(service.configuration.maximumMessageSize)"
        }
        var text = Self.generalText
        if connection.tls == nil, options.startTLS != nil { text += " STARTTLS" }
        if !allowsLogins { text += " LOGINDISABLED" }
        for mechanism in service.authentication.mechanisms(for: clientContext) {
            text += " AUTH="
            text += mechanism
        }
        return text
    }

    /// RFC 9051 section 6.1.1.
    func capability() -> Completion {
        output.writeUntagged("CAPABILITY \(capabilities)")
        return .ok("CAPABILITY completed")
    }

    func writeGreeting() {
        output.writeUntagged(
            .ok, code: "CAPABILITY \(capabilities)", "\(service.configuration.hostName) Martlet ready")
    }
}
