package import MailModel

/// Hosts of a domain's entry, each with a preference as MX records have it.
///
/// A value is `[ preference SP ] host`, as in `mx.example.org`, `10 [2001:db8::1]:2525`,
/// `20 lmtp:store.example.org`. The lowest preference is tried first (RFC 5321 section 5.1); a
/// value without one has 0.
package struct HostList: Hashable, Sendable {
    package struct Choice: Hashable, Sendable {
        package var preference: UInt16
        package var hop: NextHop

        package init(preference: UInt16 = 0, hop: NextHop) {
            self.preference = preference
            self.hop = hop
        }

        /// Nil when the text is no such value.
        package init?(_ text: String) {
            let fields = text.split(separator: " ")
            guard (1...2).contains(fields.count), let hop = fields.last.flatMap({ NextHop($0) })
            else { return nil }
            guard fields.count == 2 else {
                self.init(hop: hop)
                return
            }
            guard fields[0].utf8.allSatisfy(\.isASCIIDigit), let preference = UInt16(fields[0])
            else { return nil }
            self.init(preference: preference, hop: hop)
        }
    }

    /// In the order of preference; equal ones in that of their texts.
    package private(set) var choices: [Choice] = []
    /// Some value names no host. When no other does, mail must wait, and not go another way.
    package private(set) var hasUnreadable = false

    package init() {}

    package init(_ values: [String]) {
        let read = values.compactMap { Choice($0) }
        choices = Set(read).sorted {
            ($0.preference, "\($0.hop)") < ($1.preference, "\($1.hop)")
        }
        hasUnreadable = read.count < values.count
    }

    /// Whether the entry names no host, not even one that can't be read.
    package var isEmpty: Bool { choices.isEmpty && !hasUnreadable }

    package var hops: [NextHop] { choices.map(\.hop) }

    /// In an order to try: those of equal preference at random.
    package func shuffled() -> [NextHop] {
        choices.shuffled().sorted { $0.preference < $1.preference }.map(\.hop)
    }

    /// Without the hosts of these names.
    func leavingOut(_ names: Set<String>) -> HostList {
        var others = self
        others.choices.removeAll { names.contains($0.hop.host) }
        return others
    }
}
