internal import Glibc
internal import MailModel

/// The date of a "From " line: asctime's form, in UTC for lack of anything better.
enum MboxDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// "From sender Sat Jan  3 01:05:34 1996"
    static func parse(_ line: String) -> Timestamp? {
        let words = line.split { $0 == " " || $0 == "\r" }
        guard words.count >= 6,
            let start = words.indices.last(where: { months.contains(String(words[$0])) }),
            start + 3 < words.count, let month = months.firstIndex(of: String(words[start])),
            let day = Int32(words[start + 1]), (1...31).contains(day),
            let year = words[(start + 3)...].lazy.compactMap({ Int32($0) }).first(where: { (1901...9999).contains($0) })
        else { return nil }
        let clock = words[start + 2].split(separator: ":").compactMap { Int32($0) }
        guard clock.count >= 2, clock.allSatisfy({ (0...60).contains($0) }) else { return nil }
        var time = tm()
        time.tm_year = year - 1900
        time.tm_mon = Int32(month)
        time.tm_mday = day
        time.tm_hour = clock[0]
        time.tm_min = clock[1]
        time.tm_sec = clock.count > 2 ? clock[2] : 0
        let seconds = timegm(&time)
        return seconds < 0 ? nil : Timestamp(milliseconds: Int64(seconds) * 1000)
    }
}
