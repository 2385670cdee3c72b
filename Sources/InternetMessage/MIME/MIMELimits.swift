/// How far a message's structure is followed. Beyond, the rest of a part is one opaque leaf; the
/// message can still be stored and fetched. The defaults are those of Dovecot.
package struct MIMELimits: Sendable {
    /// Parts within parts, the message itself included.
    package var depth: Int
    package var parts: Int
    /// Octets kept of one header field; what follows is not looked at.
    package var fieldOctets: Int
    /// Octets of header fields kept for the whole message; fields beyond are not looked at.
    package var keptOctets: Int
    /// Parameters of one field.
    package var parameters: Int

    package init(
        depth: Int = 100, parts: Int = 10_000, fieldOctets: Int = 256 << 10,
        keptOctets: Int = 2 << 20, parameters: Int = 200
    ) {
        self.depth = depth
        self.parts = parts
        self.fieldOctets = fieldOctets
        self.keptOctets = keptOctets
        self.parameters = parameters
    }

    /// RFC 2046 section 5.1.1 allows 70; longer ones are compared by their first octets.
    static let boundaryOctets = 80
}
