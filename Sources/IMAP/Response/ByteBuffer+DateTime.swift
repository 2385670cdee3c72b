package import MailModel
package import NIOCore

extension ByteBuffer {
    // date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
    /// In UTC; years outside 0...9999, which have no form, are clamped.
    package mutating func writeIMAPDateTime(_ moment: Timestamp) {
        let seconds = min(max(moment.seconds, -62_167_219_200), 253_402_300_799)
        var (day, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
        if second < 0 {
            day -= 1
            second += 86_400
        }
        let date = CivilDate(daysSinceEpoch: Int(day))
        writeInteger(UInt8(ascii: "\""))
        writeIMAPDay(date.day)
        writeInteger(UInt8(ascii: "-"))
        writeStaticString(Self.months[date.month - 1])
        writeInteger(UInt8(ascii: "-"))
        writeIMAPDigits(date.year, 4)
        writeInteger(UInt8(ascii: " "))
        writeIMAPDigits(Int(second) / 3600, 2)
        writeInteger(UInt8(ascii: ":"))
        writeIMAPDigits(Int(second) / 60 % 60, 2)
        writeInteger(UInt8(ascii: ":"))
        writeIMAPDigits(Int(second) % 60, 2)
        writeStaticString(" +0000\"")
    }

    // date-day-fixed = (SP DIGIT) / 2DIGIT
    private mutating func writeIMAPDay(_ day: Int) {
        if day < 10 {
            writeInteger(UInt8(ascii: " "))
            writeIMAPNumber(day)
        } else {
            writeIMAPDigits(day, 2)
        }
    }

    private static let months: [StaticString] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
