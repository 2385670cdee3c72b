/// Names of the DNS in ASCII, without a final dot.
package enum DNSName {
    /// ```
    /// domain     = sub-domain *("." sub-domain)       ; RFC 5321 section 4.1.2
    /// sub-domain = Let-dig [Ldh-str]                  ; and the "_" that selectors and services have
    /// ```
    /// 253 octets at most, with labels of at most 63 (RFC 1035 section 2.3.4).
    package static func isValid(_ name: some StringProtocol) -> Bool {
        let bytes = name.utf8
        guard !bytes.isEmpty, bytes.count <= 253 else { return false }
        return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { label in
                !label.isEmpty && label.count <= 63 && label.first != UInt8(ascii: "-")
                    && label.last != UInt8(ascii: "-") && label.allSatisfy(isNameByte)
            }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
