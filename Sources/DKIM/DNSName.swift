/// Names of the DNS as signatures and key records have them.
enum DNSName {
    /// ```
    /// domain-name = sub-domain 1*("." sub-domain)     ; RFC 6376 section 3.5; d=
    /// selector    = sub-domain *( "." sub-domain )    ; section 3.1
    /// sub-domain  = Let-dig [Ldh-str]                 ; RFC 5321 section 4.1.2, and "_"
    /// ```
    /// 253 octets at most, with labels of at most 63.
    static func isValid(_ name: String) -> Bool {
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
