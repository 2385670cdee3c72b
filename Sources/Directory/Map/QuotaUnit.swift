/// What a quota without a suffix counts.
package enum QuotaUnit: Int64, Hashable, Sendable, Codable {
    case bytes = 1
    case kilobytes = 1024
    case megabytes = 1_048_576
}

/// Quotas as directories write them.
enum QuotaText {
    /// `1*DIGIT [ "K" / "M" / "G" / "T" ] [ "B" ]`, case ignored; multiples of 1024. Nil when it is
    /// none of that or over 2^62.
    static func parse(_ text: String, unit: QuotaUnit) -> Int64? {
        var digits = Substring(text)
        if digits.utf8.count > 1, digits.utf8.last.map({ $0 | 0x20 }) == UInt8(ascii: "b") {
            digits = digits.dropLast()
        }
        var factor = unit.rawValue
        switch digits.utf8.last.map({ $0 | 0x20 }) {
        case UInt8(ascii: "k"): factor = 1 << 10
        case UInt8(ascii: "m"): factor = 1 << 20
        case UInt8(ascii: "g"): factor = 1 << 30
        case UInt8(ascii: "t"): factor = 1 << 40
        default:
            guard digits.endIndex == text.endIndex else { return nil }
            return scaled(digits, by: factor)
        }
        return scaled(digits.dropLast(), by: factor)
    }

    /// What `parse` reads as so many. Nothing at all is written as the least there is, for zero is
    /// without limit; what is no multiple of the unit has a suffix or is rounded up to one.
    static func format(_ limit: Int64, unit: QuotaUnit) -> String {
        let limit = max(limit, 1)
        if limit % unit.rawValue == 0 { return "\(limit / unit.rawValue)" }
        return "\((limit + 1023) / 1024)K"
    }

    private static func scaled(_ digits: Substring, by factor: Int64) -> Int64? {
        guard !digits.isEmpty, digits.utf8.allSatisfy(\.isASCIIDigit), let number = Int64(digits)
        else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow || value > 1 << 62 ? nil : value
    }
}
