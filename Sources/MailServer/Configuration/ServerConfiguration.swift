/// All that a configuration file says, checked. `packaging/martlet.yaml` explains each key.
package struct ServerConfiguration: Sendable {
    package var file: String
    /// This host's name in greetings, Received lines and reports.
    package var hostName: String
    /// Where queue and mailboxes are.
    package var stateDirectory: String
    /// Whom the server runs as when root has started it; the group is the user's own where it is nil.
    package var user: String?
    package var group: String?
    /// Threads that serve connections. Nil: half as many as there are processors.
    package var eventLoops: Int?
    package var listeners: [ListenerConfiguration]
    package var tls: TLSSettings
    package var directory: DirectorySettings
    package var authentication: AuthenticationSettings
    package var limits: LimitSettings
    package var smtp: SMTPSettings
    package var pop3: POP3Settings
    package var imap: IMAPSettings
    /// Nil: every IMAP client with another home server is referred to it.
    package var proxy: ProxySettings?
    package var queue: QueueSettings
    package var outbound: OutboundSettings
    package var inquiry: InquirySettings
    package var dns: DNSSettings
    package var dkim: DKIMSettings
    package var storage: StorageSettings
    package var log: LogSettings
    package var monitoring: MonitoringSettings
    package var history: HistorySettings

    /// Reads and checks a file.
    /// - Throws: `ConfigurationProblems` with everything that is wrong in it.
    package static func load(file: String) throws(ConfigurationProblems) -> ServerConfiguration {
        try read(ConfigurationDocument(file: file)) { $0.load() }
    }

    /// The same from text; `file` is what errors name and what relative paths count from.
    package static func parse(
        _ text: String, file: String
    ) throws(ConfigurationProblems) -> ServerConfiguration {
        try read(ConfigurationDocument(file: file)) { $0.parse(text) }
    }

    private static func read(
        _ document: ConfigurationDocument,
        _ root: (ConfigurationDocument) -> ConfigurationSection?
    ) throws(ConfigurationProblems) -> ServerConfiguration {
        let configuration = root(document).map(ServerConfiguration.init)
        guard let configuration, document.problems.isEmpty else {
            throw ConfigurationProblems(problems: document.problems)
        }
        return configuration
    }

    private init(_ root: ConfigurationSection) {
        file = root.document.file
        hostName = root.requiredString("hostname", "this host's full name, as in mail.example.org")
        if !hostName.isEmpty, !hostName.contains(".") {
            root.problem("hostname", value: hostName, "expected a full name, as in mail.example.org")
        }
        _ = root.requiredString("state", "the folder for queue and mailboxes")
        stateDirectory = root.path("state") ?? ""
        user = Self.user(root)
        group = Self.group(root)
        eventLoops = root.integer("event_loops", 1...1024)
        listeners = Self.listeners(root)
        tls = TLSSettings(root.section("tls"))
        directory = DirectorySettings(root.section("directory"))
        authentication = AuthenticationSettings(root.section("authentication"))
        limits = LimitSettings(root.section("limits"))
        smtp = SMTPSettings(root.section("smtp"))
        pop3 = POP3Settings(root.section("pop3"))
        imap = IMAPSettings(root.section("imap"), limits)
        let proxy = root.section("proxy")
        self.proxy = root.has("proxy") ? ProxySettings(proxy) : nil
        queue = QueueSettings(root.section("queue"))
        outbound = OutboundSettings(root.section("outbound"))
        inquiry = InquirySettings(root.section("inquiry"))
        dns = DNSSettings(root.section("dns"))
        dkim = DKIMSettings(root.section("dkim"))
        storage = StorageSettings(root.section("storage"))
        log = LogSettings(root.section("log"))
        monitoring = MonitoringSettings(root.section("monitoring"))
        history = HistorySettings(root)
        root.problems(listeners, monitoring)
        root.finish()
    }

    /// A user whom the system does not know just now counts as one: the start will tell.
    private static func user(_ root: ConfigurationSection) -> String? {
        guard let name = root.string("user") else { return nil }
        if Privileges.hasUser(name) == false {
            root.problem(
                "user", value: name, "expected a user of this system, as in martlet" + Self.made)
        } else if Privileges.isRoot(name) {
            root.problem("user", value: name, "expected a user without root's rights, as in martlet")
        }
        return name
    }

    private static let made =
        ", which systemd-sysusers makes of packaging/systemd/martlet.sysusers"

    private static func group(_ root: ConfigurationSection) -> String? {
        guard let name = root.string("group") else { return nil }
        if Privileges.hasGroup(name) == false {
            root.problem(
                "group", value: name, "expected a group of this system, as in martlet" + Self.made)
        } else if !root.has("user") {
            root.problem("group", value: name, "has a meaning beside user only; name that, too")
        }
        return name
    }

    private static func listeners(_ root: ConfigurationSection) -> [ListenerConfiguration] {
        let section = root.section("listeners")
        let listeners = section.keys.map {
            ListenerConfiguration(name: $0, section: section.section($0))
        }
        if listeners.isEmpty, !section.isBroken {
            root.problem(
                "listeners",
                "is missing; expected at least one of "
                    + ListenerConfiguration.wellKnown.keys.sorted().joined(separator: ", "))
        }
        return listeners
    }
}
