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
