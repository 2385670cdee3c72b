/// A host named by an administrator: mail goes to its addresses, without a look at MX records.
///
/// Its text is `host`, `host:port`, `[2001:db8::1]:port`, each with `lmtp:` before it for a host
/// that speaks LMTP (RFC 2033).
package struct NextHop: Hashable, Sendable, CustomStringConvertible {
    package enum Flavour: UInt8, Sendable { case smtp, lmtp }

    /// A name in lower case, or an IPv4 or IPv6 address without brackets.
    package let host: String
    package let port: UInt16
    package let flavour: Flavour

    package init(host: String, port: UInt16? = nil, flavour: Flavour = .smtp) {
        self.host = host.lowercased()
        self.port = port ?? flavour.port
        self.flavour = flavour
    }

    /// Nil when the text is none of the forms above.
    package init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        var flavour = Flavour.smtp
        if rest.lowercased().hasPrefix("lmtp:") {
            flavour = .lmtp
            rest = rest.dropFirst(5)
        }
        let host: Substring
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = rest[rest.index(after: rest.startIndex)..<end]
            rest = rest[rest.index(after: end)...]
            guard !host.isEmpty, host.utf8.allSatisfy(Self.isAddressByte) else { return nil }
        } else {
            host = rest.prefix { $0 != ":" }
            rest = rest[host.endIndex...]
            guard !host.isEmpty, host.utf8.count <= EmailAddress.maximumDomainLength,
                host.utf8.first != UInt8(ascii: "-"), host.utf8.allSatisfy(Self.isNameByte)
            else { return nil }
        }
        guard !rest.isEmpty else {
            self.init(host: String(host), flavour: flavour)
            return
        }
        guard rest.first == ":", rest.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(rest.dropFirst()), port > 0
        else { return nil }
        self.init(host: String(host), port: port, flavour: flavour)
    }

    /// The shortest of its texts.
    package var description: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        let prefix = flavour == .lmtp ? "lmtp:" : ""
        return port == flavour.port ? prefix + name : "\(prefix)\(name):\(port)"
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: ":"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "."), 0x80...:
            true
        default: false
        }
    }
}

extension NextHop.Flavour {
    /// RFC 5321 section 2.3.4; LMTP has no port of its own, 24 is what servers use.
    package var port: UInt16 {
        switch self {
        case .smtp: 25
        case .lmtp: 24
        }
    }
}
