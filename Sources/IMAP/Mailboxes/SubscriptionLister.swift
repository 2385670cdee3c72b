/// Decides what LSUB answers (RFC 3501 section 6.3.9).
package enum SubscriptionLister {
    package struct Entry: Sendable, Equatable {
        package var name: String
        /// Not subscribed itself: something below it is, and `%` stops there.
        package var isOnlySuperior: Bool
    }

    package static func list(
        _ subscriptions: Set<String>, matching pattern: MailboxPattern
    ) -> [Entry] {
        var found: [String: Bool] = [:]
        for name in subscriptions {
            if pattern.matches(name) {
                found[name] = false
            } else if pattern.hasLevelWildcard {
                for superior in MailboxName.superiors(of: name)
                where !subscriptions.contains(superior) && pattern.matches(superior) {
                    found[superior] = true
                }
            }
        }
        return found.map { Entry(name: $0.key, isOnlySuperior: $0.value) }
            .sorted { HierarchyOrder.precedes($0.name, $1.name) }
    }
}
