package import MailModel

/// A group of the directory, for access lists: who it is, not who is in it.
package struct DirectoryGroup: Hashable, Sendable {
    package let id: AccountID
    package let dn: String
    /// Its first address; its `cn` when it has none.
    package var name: String

    package init(id: AccountID, dn: String, name: String) {
        self.id = id
        self.dn = dn
        self.name = name
    }
}
