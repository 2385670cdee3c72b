package import MailModel

/// What the resolver goes by, beside the directory.
package struct ResolverConfiguration: Sendable {
    /// Everything is searched for below this entry.
    package var base: String
    package var attributeMap: AttributeMap {
        didSet { recipientAttributes = Self.attributes(attributeMap) }
    }
    /// The map's, and when the password was changed. Made once.
    private(set) var recipientAttributes: [String]
    /// Between user and detail of a subaddress; nil when there are none.
    package var subaddressSeparator: Character?
    /// Names of this host: a user whose `mailHost` is another one has the mailbox there.
    package var localHosts: Set<String>
    /// Who gets mail to postmaster of a domain that names nobody.
    package var postmaster: EmailAddress?
    /// Aliases, groups and forwards between an address and a recipient; more are refused with
    /// 451 4.2.4.
    package var maximumDepth: Int
    /// Members that one address may lead to, counted with duplicates; more are refused with
    /// 451 4.2.4.
    package var maximumMembers: Int

    package init(
        base: String, attributeMap: AttributeMap = .stock, subaddressSeparator: Character? = "+",
        localHosts: Set<String> = [], postmaster: EmailAddress? = nil, maximumDepth: Int = 20,
        maximumMembers: Int = 10_000
    ) {
        self.base = base
        self.attributeMap = attributeMap
        recipientAttributes = Self.attributes(attributeMap)
        self.subaddressSeparator = subaddressSeparator
        self.localHosts = Set(localHosts.map { $0.lowercased() })
        self.postmaster = postmaster
        self.maximumDepth = maximumDepth
        self.maximumMembers = maximumMembers
    }

    private static func attributes(_ map: AttributeMap) -> [String] {
        map.recipientAttributes + [EntryReader.passwordChange]
    }
}
