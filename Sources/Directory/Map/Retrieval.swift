package import MailModel

/// How the host of a domain that is not always online gets the mail that waits for it.
package struct Retrieval: Hashable, Sendable {
    package enum Way: String, Hashable, Sendable, CaseIterable {
        /// The host asks for its queue to be sent (RFC 1985).
        case etrn
        /// The owner logs in and takes the mail on the same connection (RFC 2645).
        case atrn
        /// We try from time to time whether the host answers.
        case probe
    }

    /// The entry that says so: the domain's, or that of the domain of which it is an alias.
    package let dn: String
    /// Empty when the entry names only ways that we don't know.
    package var ways: Set<Way>
    /// From where ETRN is obeyed without a login.
    package var networks: [IPNetwork]
    /// Names of users and groups who may start the queue, as the entry has them. To decide, ask
    /// `Directory.mayRetrieve`.
    package var retrievers: [String]
    /// How long mail waits before it is given back; nil for as long as other mail.
    package var holdTime: Duration?

    package init(
        dn: String, ways: Set<Way>, networks: [IPNetwork] = [], retrievers: [String] = [],
        holdTime: Duration? = nil
    ) {
        self.dn = dn
        self.ways = ways
        self.networks = networks
        self.retrievers = retrievers
        self.holdTime = holdTime
    }
}
