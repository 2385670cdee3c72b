internal import MailModel

/// The pages for Prometheus and for whoever watches whether the server is well.
package struct MonitoringSettings: Sendable {
    package var address: String
    /// Nil: there are none.
    package var port: Int?
    /// The administrator lets other hosts have the pages.
    package var isRemote: Bool

    init(_ section: ConfigurationSection) {
        address = section.string("address") ?? "127.0.0.1"
        port = section.integer("port", 0...65535)
        let allowsRemote = section.bool("allow_remote") ?? false
        isRemote = !Self.isLoopback(address)
        if isRemote, !allowsRemote {
            section.problem(
                "address", value: address,
                "anyone could read the pages there; expected 127.0.0.1 or ::1, or allow_remote: true")
        }
        if port == nil, section.has("address") || section.has("allow_remote") {
            section.problem("port", "is missing; expected a number from 1 to 65535, such as 9790")
        }
        section.finish()
    }

    private static func isLoopback(_ address: String) -> Bool {
        ["127.0.0.0/8", "::1"].contains { IPNetwork($0)!.contains(address) }
    }
}
