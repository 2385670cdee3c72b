#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif
package import MailModel

/// A moment with the zone in which a header states it (RFC 5322 section 3.3).
package struct MessageDate: Sendable, Equatable {
    package let timestamp: Timestamp
    /// East of UTC. Nil is "-0000": nothing is known of the place.
    package let offsetMinutes: Int?

    package init(_ timestamp: Timestamp, offsetMinutes: Int?) {
        self.timestamp = timestamp
        self.offsetMinutes = offsetMinutes
    }

    package static func utc(_ timestamp: Timestamp) -> MessageDate {
        MessageDate(timestamp, offsetMinutes: 0)
    }

    /// In this host's time zone.
    package static func local(_ timestamp: Timestamp) -> MessageDate {
        var seconds = time_t(timestamp.seconds)
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil else { return utc(timestamp) }
        return MessageDate(timestamp, offsetMinutes: parts.tm_gmtoff / 60)
    }

    static let dayNames: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    static let monthNames: [StaticString] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}

extension MessageDate: CustomStringConvertible {
    package var description: String { String(decoding: bytes, as: UTF8.self) }

    /// ```
    /// date-time = day-name "," day month year hour ":" minute ":" second zone
    /// ```
    package var bytes: [UInt8] {
        let local = timestamp.seconds + Int64(offsetMinutes ?? 0) * 60
        let day = Int(local.floorDivided(by: 86_400))
        let second = Int(local - Int64(day) * 86_400)
        let date = CivilDate(daysSinceEpoch: day)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        func append(_ name: StaticString) {
            bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: 3))
        }
        func append(_ number: Int, digits: Int, then separator: UInt8?) {
            var divisor = digits == 4 ? 1000 : 10
            while divisor > 0 {
                bytes.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
                divisor /= 10
            }
            if let separator { bytes.append(separator) }
        }
        append(Self.dayNames[Int(Int64(day + 4).modulo(7))])
        bytes.append(Octet.comma)
        bytes.append(Octet.space)
        if date.day > 9 { bytes.append(UInt8(ascii: "0") + UInt8(date.day / 10)) }
        bytes.append(UInt8(ascii: "0") + UInt8(date.day % 10))
        bytes.append(Octet.space)
        append(Self.monthNames[date.month - 1])
        bytes.append(Octet.space)
        append(min(max(date.year, 0), 9999), digits: 4, then: Octet.space)
        append(second / 3600, digits: 2, then: Octet.colon)
        append(second / 60 % 60, digits: 2, then: Octet.colon)
        append(second % 60, digits: 2, then: Octet.space)
        let offset = offsetMinutes ?? 0
        bytes.append(UInt8(ascii: offset < 0 || offsetMinutes == nil ? "-" : "+"))
        append(abs(offset) / 60, digits: 2, then: nil)
        append(abs(offset) % 60, digits: 2, then: nil)
        return bytes
    }
}

/// A day of the proleptic Gregorian calendar.
package struct CivilDate: Equatable {
    package var year: Int
    /// From 1.
    package var month: Int
    package var day: Int

    package init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Counts in years that begin in March, so that the leap day is a year's last.
    package init(daysSinceEpoch days: Int) {
        let shifted = Int64(days) + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = Int(shifted - era * 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + Int(era) * 400 + (month <= 2 ? 1 : 0)
    }

    package var daysSinceEpoch: Int {
        let shiftedYear = Int64(month <= 2 ? year - 1 : year)
        let era = shiftedYear.floorDivided(by: 400)
        let yearOfEra = Int(shiftedYear - era * 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int(era) * 146_097 + dayOfEra - 719_468
    }

    package var isValid: Bool {
        (1...12).contains(month) && day >= 1
            && CivilDate(daysSinceEpoch: daysSinceEpoch) == self
    }
}

extension Int64 {
    func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }

    func modulo(_ divisor: Int64) -> Int64 { self - floorDivided(by: divisor) * divisor }
}
