internal import MailModel

/// A number of octets for a person: `812 octets`, `4.2 MiB`.
func sizeText(_ octets: Int64) -> String {
    guard octets >= 1024 else { return counted(octets, "octet") }
    var tenths = octets * 10 / 1024
    var unit = 0
    while tenths >= 10_240 {
        tenths /= 1024
        unit += 1
    }
    return "\(tenths / 10).\(tenths % 10) \(["KiB", "MiB", "GiB", "TiB", "PiB"][unit])"
}
