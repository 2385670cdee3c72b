/// The date and time of Internet protocols, `2026-11-22T05:01:12Z` (RFC 3339 section 5.6).
extension Timestamp {
    // date-time    = full-date "T" full-time
    // full-date    = 4DIGIT "-" 2DIGIT "-" 2DIGIT
    // full-time    = 2DIGIT ":" 2DIGIT ":" 2DIGIT ["." 1*DIGIT] time-offset
    // time-offset  = "Z" / ("+" / "-") 2DIGIT ":" 2DIGIT
    /// `T` and `Z` in either case; what is finer than milliseconds is dropped. Nil when it is not
    /// that, or no day or time that there is.
    package init?(internetDateTime text: some Collection<UInt8>) {
        var rest = Array(text)[...]
        guard let year = Self.take(4, then: "-", &rest), let month = Self.take(2, then: "-", &rest),
            let day = Self.take(2, then: "T", &rest), let hour = Self.take(2, then: ":", &rest),
            let minute = Self.take(2, then: ":", &rest), let second = Self.take(2, &rest)
        else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        guard date.isValid, hour < 24, minute < 60, second <= 60,
            let fraction = Self.takeMilliseconds(&rest), let offset = Self.takeOffset(&rest)
        else { return nil }
        let seconds = date.daysSinceEpoch * 86_400 + hour * 3600 + (minute - offset) * 60 + second
        self.init(milliseconds: Int64(seconds) * 1000 + Int64(fraction))
    }

    /// In UTC, to the second; years outside 0...9999, which have no form, are clamped.
    package var internetDateTime: String {
        let seconds = min(max(milliseconds.floorDivided(by: 1000), -62_167_219_200), 253_402_300_799)
        let day = seconds.floorDivided(by: 86_400)
        let second = Int(seconds - day * 86_400)
        let date = CivilDate(daysSinceEpoch: Int(day))
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let year = String(String(date.year + 10_000).dropFirst())
        return "\(year)-\(two(date.month))-\(two(date.day))T"
            + "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))Z"
    }

    /// A number of exactly `count` digits and, in either case, the letter or sign behind it.
    private static func take(
        _ count: Int, then end: Unicode.Scalar? = nil, _ rest: inout ArraySlice<UInt8>
    ) -> Int? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        rest = rest.dropFirst(count)
        if let end {
            guard let next = rest.popFirst(), skip(next, end) else { return nil }
        }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func skip(_ byte: UInt8, _ expected: Unicode.Scalar) -> Bool {
        // Clearing the bit makes lower case upper, and no sign another one that is looked for.
        byte == UInt8(ascii: expected) || byte & 0xdf == UInt8(ascii: expected)
    }

    /// Zero where there is no fraction; nil for a point without digits.
    private static func takeMilliseconds(_ rest: inout ArraySlice<UInt8>) -> Int? {
        guard rest.first == UInt8(ascii: ".") else { return 0 }
        let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
        rest = rest.dropFirst(1 + digits.count)
        guard !digits.isEmpty else { return nil }
        let first = digits.prefix(3).map { Int($0 - 0x30) } + [0, 0]
        return first[0] * 100 + first[1] * 10 + first[2]
    }

    /// In minutes east of UTC, to the text's end.
    private static func takeOffset(_ rest: inout ArraySlice<UInt8>) -> Int? {
        guard let sign = rest.popFirst() else { return nil }
        if skip(sign, "Z") { return rest.isEmpty ? 0 : nil }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            let hours = take(2, then: ":", &rest), let minutes = take(2, &rest), rest.isEmpty,
            hours < 24, minutes < 60
        else { return nil }
        return (sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
    }
}
