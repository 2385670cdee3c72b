/// Strict UTF-8 (RFC 3629).
enum UTF8Text {
    static func isValid(_ octets: some Collection<UInt8>) -> Bool {
        octets.allSatisfy { $0 < 0x80 } || String(validating: octets, as: UTF8.self) != nil
    }
}
