internal import MailModel

/// Numbers, sets of them, and dates.
extension CommandParser {
    // number64 = 1*DIGIT        ; unsigned 63-bit integer
    mutating func number64(_ what: StaticString) throws(ParseFailure) -> UInt64 {
        let start = position
        var value: UInt64 = 0
        while position < bytes.count, bytes[position].isASCIIDigit {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            value = product &+ UInt64(bytes[position] & 15)
            guard !overflow, value <= UInt64(Int64.max) else { throw invalid("number too great") }
            position += 1
        }
        guard position > start else { throw expected(what) }
        return value
    }

    // number = 1*DIGIT          ; unsigned 32-bit integer
    mutating func number(_ what: StaticString) throws(ParseFailure) -> UInt32 {
        let start = position
        guard let number = UInt32(exactly: try number64(what)) else {
            position = start
            throw invalid("number too great")
        }
        return number
    }

    // nz-number = digit-nz *DIGIT
    /// Leading zeros are tolerated.
    mutating func nonzeroNumber(_ what: StaticString) throws(ParseFailure) -> UInt32 {
        let start = position
        let number = try number(what)
        guard number > 0 else {
            position = start
            throw expected(what)
        }
        return number
    }

    // mod-sequence-value  = 1*DIGIT                     ; positive, 63 bits         (RFC 7162)
    // mod-sequence-valzer = "0" / mod-sequence-value    ; `number64`
    mutating func modSequenceValue() throws(ParseFailure) -> UInt64 {
        let start = position
        let value = try number64("a mod-sequence")
        guard value > 0 else {
            position = start
            throw invalid("a mod-sequence is positive here")
        }
        return value
    }

    // sequence-set      = (seq-number / seq-range) ["," sequence-set]
    // sequence-set     =/ seq-last-command
    // seq-range         = seq-number ":" seq-number
    // seq-last-command  = "$"
    mutating func sequenceSet() throws(ParseFailure) -> SequenceSet {
        if skip(UInt8(ascii: "$")) { return .savedResult }
        var ranges: [SequenceSet.Range] = []
        repeat {
            guard ranges.count < limits.maximumRanges else { throw tooMuch("set of too many ranges") }
            let first = try sequenceNumber()
            ranges.append(
                .init(first: first, last: skip(UInt8(ascii: ":")) ? try sequenceNumber() : first))
        } while skip(UInt8(ascii: ","))
        return SequenceSet(ranges: ranges)
    }

    // seq-number = nz-number / "*"
    mutating func sequenceNumber() throws(ParseFailure) -> UInt32? {
        skip(UInt8(ascii: "*")) ? nil : try nonzeroNumber("a message number from 1, or \"*\"")
    }

    /// A set without "*" and "$": UIDs or sequence numbers that the client knows.
    mutating func knownSet() throws(ParseFailure) -> UIDSet {
        let start = position
        let set = try sequenceSet()
        guard !set.isSavedResult, set.ranges.allSatisfy({ $0.first != nil && $0.last != nil })
        else {
            position = start
            throw invalid("neither \"*\" nor \"$\" is allowed here")
        }
        return set.resolved(largest: 0)
    }

    // date      = date-text / DQUOTE date-text DQUOTE
    // date-text = date-day "-" date-month "-" date-year
    // date-day  = 1*2DIGIT
    /// The day's number since 1970-01-01.
    mutating func date() throws(ParseFailure) -> Int {
        let isQuoted = skip(Octet.quote)
        let day = try dateText()
        if isQuoted { try expect(Octet.quote, "a closing quote") }
        return day
    }

    // date-time      = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
    // date-day-fixed = (SP DIGIT) / 2DIGIT          ; one digit alone is tolerated, as by others
    // time           = 2DIGIT ":" 2DIGIT ":" 2DIGIT
    // zone           = ("+" / "-") 4DIGIT
    /// Milliseconds since 1970-01-01T00:00:00Z.
    mutating func dateTime() throws(ParseFailure) -> Int64 {
        try expect(Octet.quote, "a date and time")
        skipSpaces()
        let day = try dateText()
        try space()
        let hour = try digits(2, to: 23, "an hour of two digits")
        try expect(UInt8(ascii: ":"), "\":\"")
        let minute = try digits(2, to: 59, "a minute of two digits")
        try expect(UInt8(ascii: ":"), "\":\"")
        // 60 for a leap second.
        let second = try digits(2, to: 60, "a second of two digits")
        try space()
        let isWest = skip(UInt8(ascii: "-"))
        if !isWest { try expect(UInt8(ascii: "+"), "a zone, like +0100") }
        let zoneHours = try digits(2, to: 23, "a zone, like +0100")
        let zoneMinutes = try digits(2, to: 59, "a zone, like +0100")
        try expect(Octet.quote, "a closing quote")
        let zone = (zoneHours * 60 + zoneMinutes) * (isWest ? -60 : 60)
        let time = day * 86_400 + hour * 3600 + minute * 60 + second - zone
        return Int64(time) * 1000
    }

    private mutating func dateText() throws(ParseFailure) -> Int {
        let start = position
        let day = Int(try number("a date, like 1-Feb-1994"))
        try expect(UInt8(ascii: "-"), "\"-\" in a date, like 1-Feb-1994")
        let month = try month()
        try expect(UInt8(ascii: "-"), "\"-\" in a date, like 1-Feb-1994")
        let year = try digits(4, to: 9999, "a year of four digits")
        let date = CivilDate(year: year, month: month, day: day)
        guard day <= 31, date.isValid else {
            position = start
            throw invalid("no such day")
        }
        return date.daysSinceEpoch
    }

    private mutating func digits(
        _ count: Int, to maximum: Int, _ what: StaticString
    ) throws(ParseFailure) -> Int {
        guard bytes.count - position >= count,
            slice(position, position + count).allSatisfy(\.isASCIIDigit)
        else { throw expected(what) }
        let value = slice(position, position + count).reduce(0) { $0 * 10 + Int($1 & 15) }
        guard value <= maximum else { throw expected(what) }
        position += count
        return value
    }

    // date-month = "Jan" / "Feb" / "Mar" / "Apr" / "May" / "Jun" / "Jul" / "Aug" / "Sep" / "Oct" /
    //              "Nov" / "Dec"
    private mutating func month() throws(ParseFailure) -> Int {
        guard bytes.count - position >= 3, let word = Keyword(slice(position, position + 3)),
            let month = Self.months[word]
        else { throw expected("a month, like Feb") }
        position += 3
        return month
    }

    private static let months = Dictionary(
        uniqueKeysWithValues: [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ].enumerated().map { (Keyword($1.utf8)!, $0 + 1) })
}
