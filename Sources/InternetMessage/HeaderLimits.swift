/// What a header section may hold before it is refused.
package struct HeaderLimits: Sendable {
    /// Octets of the whole section, with its empty line.
    package var octets: Int
    package var fields: Int

    package init(octets: Int = 256 * 1024, fields: Int = 10_000) {
        self.octets = octets
        self.fields = fields
    }
}

/// Why a header section is refused. The message as a whole can still be stored and fetched.
package enum HeaderError: Error, Sendable, Equatable {
    case tooLong(limit: Int)
    case tooManyFields(limit: Int)
}
