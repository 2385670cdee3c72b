package import MailModel
internal import InternetMessage

/// A day in UTC, as reports cover it (RFC 8460 section 4.1); printed as `2026-01-31`.
package struct UTCDay: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Since 1970-01-01.
    private let number: Int

    package init(_ moment: Timestamp) {
        number = Int(moment.seconds / 86_400)
    }

    /// Nil for anything but `YYYY-MM-DD`.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2], text.utf8.allSatisfy({ $0 &- 0x30 < 10 || $0 == 0x2d })
        else { return nil }
        let numbers = parts.compactMap { Int(String(decoding: $0, as: UTF8.self)) }
        guard numbers.count == 3 else { return nil }
        let date = CivilDate(year: numbers[0], month: numbers[1], day: numbers[2])
        guard date.isValid else { return nil }
        number = date.daysSinceEpoch
    }

    private init(number: Int) { self.number = number }

    package var description: String {
        let date = CivilDate(daysSinceEpoch: number)
        func digits(_ value: Int, _ count: Int) -> String {
            let text = "\(value)"
            return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
        }
        return "\(digits(date.year, 4))-\(digits(date.month, 2))-\(digits(date.day, 2))"
    }

    package func days(before count: Int) -> UTCDay { UTCDay(number: number - count) }

    package static func < (a: UTCDay, b: UTCDay) -> Bool { a.number < b.number }
}
