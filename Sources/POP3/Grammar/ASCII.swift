enum ASCII {
    static let space: UInt8 = 0x20

    static func uppercased(_ octet: UInt8) -> UInt8 { octet &- 0x61 < 26 ? octet & 0xdf : octet }
}
