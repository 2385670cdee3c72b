/// The name of a metadata entry (RFC 5464 section 3.2), in lower case: case does not count.
package struct MetadataName: Sendable, Hashable {
    package enum Scope: Sendable { case `private`, shared }

    package static let maximumLength = 512

    package let text: String
    package let scope: Scope

    // entry = astring: a slash-separated path of MUST-be-ASCII components, without "*" and "%"
    /// Nil when it is none.
    package init?(_ text: String) {
        guard let scope = Self.scope(of: text), Self.isWellFormed(text.utf8) else { return nil }
        self.text = text.lowercased()
        self.scope = scope
    }

    /// Whether it is the root of a scope, which holds no value but can be asked for with a depth.
    package var isRoot: Bool { text.utf8.dropFirst().allSatisfy { $0 != UInt8(ascii: "/") } }

    /// Whether a request for this name and depth asks for the stored entry as well.
    package func covers(_ stored: String, depth: GetMetadataCommand.Depth) -> Bool {
        if stored == text { return true }
        guard depth != .zero, stored.utf8.starts(with: text.utf8) else { return false }
        let rest = stored.utf8.dropFirst(text.utf8.count)
        guard rest.first == UInt8(ascii: "/") else { return false }
        return depth == .infinity || !rest.dropFirst().contains(UInt8(ascii: "/"))
    }

    private static func scope(of text: String) -> Scope? {
        let text = text.lowercased()
        func isWithin(_ root: String) -> Bool { text == root || text.hasPrefix(root + "/") }
        if isWithin("/private") { return .private }
        return isWithin("/shared") ? .shared : nil
    }

    private static func isWellFormed(_ octets: String.UTF8View) -> Bool {
        guard octets.count <= maximumLength, octets.last != UInt8(ascii: "/") else { return false }
        var last: UInt8 = 0
        for octet in octets {
            if octet == UInt8(ascii: "/") && last == octet { return false }
            guard octet > 0x20, octet < 0x7f, octet != UInt8(ascii: "*"),
                octet != UInt8(ascii: "%")
            else { return false }
            last = octet
        }
        return true
    }
}
