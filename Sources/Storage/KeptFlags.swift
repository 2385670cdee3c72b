package import MailModel

/// The flags that come along when messages are copied or moved; the copies are without the others.
package struct KeptFlags: Sendable {
    package static let all = KeptFlags(
        system: [.seen, .answered, .flagged, .deleted, .draft], keywords: true)

    package var system: MessageFlags
    package var keywords: Bool

    package init(system: MessageFlags, keywords: Bool) {
        self.system = system
        self.keywords = keywords
    }
}
