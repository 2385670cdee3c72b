/// A message's flags in 8 octets: system flags, and its keywords as the number of an interned set
/// (`KeywordTable` of the storage engine; 0 is the empty set), so that keywords need no cap.
package struct StoredFlags: Sendable, Hashable {
    package var system: MessageFlags
    package var keywords: UInt32

    package init(system: MessageFlags = [], keywords: UInt32 = 0) {
        self.system = system
        self.keywords = keywords
    }
}
