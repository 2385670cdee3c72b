package import MailModel

/// A service that listeners offer.
package enum ServiceKind: String, Sendable, CaseIterable {
    /// Mail from other hosts (RFC 5598: MTA).
    case mx
    /// Mail from users (RFC 6409: MSA).
    case submission
    /// Mail that hosts fetch for their domains (RFC 2645).
    case odmr
    case pop3
    case imap
}

/// One listener: where it listens, what it offers there, and the exceptions it makes.
package struct ListenerConfiguration: Sendable {
    package var name: String
    package var service: ServiceKind
    package var addresses: [String]
    package var port: Int
    /// TLS from the first octet; otherwise STARTTLS (STLS) is on offer.
    package var implicitTLS: Bool
    /// Networks whose clients may relay without logging in. None by default.
    package var relayNetworks: [IPNetwork]
    /// Passwords are accepted without TLS. Off by default.
    package var loginWithoutTLS: Bool
    /// Users may send as anybody. Off by default.
    package var anySender: Bool

    /// What the names that everybody uses stand for.
    static let wellKnown: [String: (service: ServiceKind, port: Int, implicitTLS: Bool)] = [
        "mx": (.mx, 25, false),
        "submission": (.submission, 587, false),
        "submissions": (.submission, 465, true),
        "odmr": (.odmr, 366, false),
        "pop3": (.pop3, 110, false),
        "pop3s": (.pop3, 995, true),
        "imap": (.imap, 143, false),
        "imaps": (.imap, 993, true),
    ]

    init(name: String, section: ConfigurationSection) {
        let usual = Self.wellKnown[name]
        self.name = name
        service =
            section.choice(
                "service",
                [
                    "mx": ServiceKind.mx, "submission": .submission, "odmr": .odmr, "pop3": .pop3,
                    "imap": .imap,
                ])
            ?? usual?.service ?? .mx
        if usual == nil, !section.has("service") {
            section.problem(
                "service", "is missing; expected mx, submission, odmr, pop3 or imap (only the names "
                    + Self.wellKnown.keys.sorted().joined(separator: ", ") + " imply it)")
        }
        addresses = section.strings("address") ?? ["0.0.0.0", "::"]
        port = section.integer("port", 0...65535) ?? usual?.port ?? 0
        if usual == nil, !section.has("port") {
            section.problem("port", "is missing; expected a number from 1 to 65535")
        }
        implicitTLS =
            section.choice("tls", ["implicit": true, "starttls": false])
            ?? usual?.implicitTLS ?? false
        relayNetworks = (section.strings("relay_networks") ?? []).compactMap { text in
            let network = IPNetwork(text)
            if network == nil {
                section.problem(
                    "relay_networks", value: text,
                    "expected an address or a network, such as 192.0.2.0/24 or 2001:db8::/32")
            }
            return network
        }
        if !relayNetworks.isEmpty, ![.mx, .submission].contains(service) {
            section.problem(
                "relay_networks", "has a meaning for mx and submission only; remove it")
        }
        loginWithoutTLS = section.bool("login_without_tls") ?? false
        anySender = section.bool("any_sender") ?? false
        if anySender, service != .submission {
            section.problem("any_sender", "has a meaning for submission only; remove it")
        }
        section.finish()
    }
}
