internal import MailModel

extension MessageDate {
    /// Reads a Date field's value leniently (RFC 5322 sections 3.3 and 4.3): comments, folds,
    /// missing day names, seconds or zones, dashes between the parts, two- and three-digit years,
    /// obsolete zone names. Nil when there is no date in it. Looks at no more than 256 octets.
    package init?(parsing value: ArraySlice<UInt8>) {
        var reader = DateReader(rest: value.prefix(256))
        guard let date = reader.read() else { return nil }
        self = date
    }
}

/// ```
/// date-time = [day-name [","]] day month year hour ":" minute [":" second] [zone]
/// ```
private struct DateReader {
    var rest: ArraySlice<UInt8>

    mutating func read() -> MessageDate? {
        if word() != nil { skip(Octet.comma) }
        guard let day = number(maximumDigits: 2)?.value else { return nil }
        skip(UInt8(ascii: "-"))
        guard let month = word().flatMap(Self.month) else { return nil }
        skip(UInt8(ascii: "-"))
        guard let year = number(maximumDigits: 4).map(Self.year) else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        guard date.isValid, let hour = number(maximumDigits: 2)?.value, hour < 24,
            skip(Octet.colon), let minute = number(maximumDigits: 2)?.value, minute < 60
        else { return nil }
        var second = 0
        if skip(Octet.colon) {
            guard let value = number(maximumDigits: 2)?.value, value <= 60 else { return nil }
            second = min(value, 59)  // a leap second has no place in this count
            if skip(Octet.dot) { _ = number(maximumDigits: 9) }
        }
        let offset = zone()
        let local = Int64(date.daysSinceEpoch) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
        let seconds = local - Int64(offset ?? 0) * 60
        return MessageDate(Timestamp(milliseconds: seconds * 1000), offsetMinutes: offset)
    }

    /// Section 4.3: 00 to 49 are of this century, other short years count from 1900.
    private static func year(_ number: (value: Int, digits: Int)) -> Int {
        switch number.digits {
        case ...2: number.value < 50 ? 2000 + number.value : 1900 + number.value
        case 3: 1900 + number.value
        default: number.value
        }
    }

    private static func month(_ word: [UInt8]) -> Int? {
        guard word.count >= 3 else { return nil }
        return MessageDate.monthNames.firstIndex { name in
            (0..<3).allSatisfy { word[$0] == Octet.lowercased(name.utf8Start[$0]) }
        }.map { $0 + 1 }
    }

    /// Minutes east of UTC; nil when unknown. Military letters are unknown, because RFC 822 had
    /// their sign wrong (section 4.3).
    private mutating func zone() -> Int? {
        skipSpace()
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            rest.removeFirst()
            guard let (value, digits) = number(maximumDigits: 4), digits == 4, value < 2400,
                value % 100 < 60
            else { return nil }
            let minutes = value / 100 * 60 + value % 100
            guard sign == UInt8(ascii: "-") else { return minutes }
            return minutes == 0 ? nil : -minutes
        }
        guard let word = word() else { return nil }
        switch String(decoding: word, as: UTF8.self) {
        case "ut", "gmt", "utc", "z": return 0
        case "edt": return -4 * 60
        case "est", "cdt": return -5 * 60
        case "cst", "mdt": return -6 * 60
        case "mst", "pdt": return -7 * 60
        case "pst": return -8 * 60
        default: return nil
        }
    }

    /// Letters, in lower case.
    private mutating func word() -> [UInt8]? {
        skipSpace()
        let letters = rest.prefix(while: Octet.isLetter)
        guard !letters.isEmpty else { return nil }
        rest = rest[letters.endIndex...]
        return letters.map(Octet.lowercased)
    }

    private mutating func number(maximumDigits: Int) -> (value: Int, digits: Int)? {
        skipSpace()
        let digits = rest.prefix(while: Octet.isDigit)
        guard !digits.isEmpty, digits.count <= maximumDigits else { return nil }
        rest = rest[digits.endIndex...]
        return (digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }, digits.count)
    }

    @discardableResult
    private mutating func skip(_ octet: UInt8) -> Bool {
        skipSpace()
        guard rest.first == octet else { return false }
        rest.removeFirst()
        return true
    }

    /// `[CFWS]`
    private mutating func skipSpace() {
        var depth = 0
        while let octet = rest.first {
            switch octet {
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")") where depth > 0: depth -= 1
            case Octet.space, Octet.tab, Octet.cr, Octet.lf: break
            default: if depth == 0 { return }
            }
            rest.removeFirst()
        }
    }
}
