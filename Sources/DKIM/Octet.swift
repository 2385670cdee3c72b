/// Octets that the canonicalisations name.
enum Octet {
    static let tab: UInt8 = 0x09
    static let lf: UInt8 = 0x0a
    static let cr: UInt8 = 0x0d
    static let space: UInt8 = 0x20

    static func isWhitespace(_ octet: UInt8) -> Bool { octet == space || octet == tab }
}
