internal import Glibc
internal import MailModel

/// RFC 9051's date-time: "17-Jul-1996 02:44:25 -0700".
enum InternalDate {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    static func parse(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        guard parts.count == 3 else { return nil }
        let day = parts[0].split(separator: "-")
        let clock = parts[1].split(separator: ":").compactMap { Int32($0) }
        guard day.count == 3, clock.count == 3, clock.allSatisfy({ (0...60).contains($0) }),
            let number = Int32(day[0]), (1...31).contains(number),
            let month = months.firstIndex(of: day[1].lowercased()),
            let year = Int32(day[2]), (1...9999).contains(year),
            parts[2].utf8.count == 5, let zone = Int64(parts[2].dropFirst())
        else { return nil }
        var time = tm()
        time.tm_mday = number
        time.tm_mon = Int32(month)
        time.tm_year = year - 1900
        (time.tm_hour, time.tm_min, time.tm_sec) = (clock[0], clock[1], clock[2])
        let offset = (zone / 100 * 60 + zone % 100) * 60
        let seconds = Int64(timegm(&time)) - (parts[2].hasPrefix("-") ? -offset : offset)
        return Timestamp(milliseconds: seconds * 1000)
    }
}
